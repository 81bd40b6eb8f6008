//! The table: which library's calls have a twin, one file for each library.

mod http;
mod httpx;
mod psycopg;
mod redis;
mod requests;
mod sleep;
mod smtplib;
mod sockets;
mod subprocess;
mod urllib;

use super::change::{Asked, Change};

pub(super) use http::context;

/// Functions that wait, where they are handed over as values.
pub(super) const WAITING: &[&str] = &[
    "time.sleep",
    "urllib.request.urlopen",
    "requests.get",
    "requests.post",
    "requests.request",
    "httpx.get",
    "httpx.post",
    "subprocess.run",
    "subprocess.check_output",
    "subprocess.check_call",
    "subprocess.call",
    "socket.create_connection",
];

/// What becomes of a call of the library's function of this name; `None` if it stays as it is.
pub(super) fn change(name: &str, asked: &Asked<'_, '_, '_>) -> Option<Result<Change, String>> {
    let row = match name.split('.').next()? {
        "urllib" => urllib::change,
        "requests" => requests::change,
        "httpx" => httpx::change,
        "socket" => sockets::change,
        "subprocess" => subprocess::change,
        "time" => sleep::change,
        "redis" => redis::change,
        "psycopg" => psycopg::change,
        "smtplib" => smtplib::change,
        _ => return without_twin(name, asked),
    };
    row(name, asked).or_else(|| without_twin(name, asked))
}

/// Whether a call works on files, which block the loop for as long as they take.
pub(super) fn works_on_files(name: &str) -> bool {
    name == "open"
        || name.starts_with("shutil.")
        || matches!(name, "io.open" | "gzip.open" | "os.fsync")
}

/// Whether a call works on a database in a file, which blocks as well. aiosqlite was rejected: it hands each
/// call to a thread, which costs more than most calls take, and SQLite lets one write at a time.
pub(super) fn works_on_sqlite(name: &str) -> bool {
    name.starts_with("sqlite3.")
}

/// Calls that wait, for which there is no row: a twin would block the loop with them.
fn without_twin(name: &str, asked: &Asked<'_, '_, '_>) -> Option<Result<Change, String>> {
    const ROWS: &[(&str, &str)] = &[
        ("ftplib.FTP", "ftplib"),
        ("imaplib.IMAP4", "imaplib"),
        ("poplib.POP3", "poplib"),
        ("psycopg2.connect", "psycopg2"),
        ("pymysql.connect", "pymysql"),
        ("http.client.HTTPConnection", "http.client"),
        ("http.client.HTTPSConnection", "http.client"),
        ("urllib3.PoolManager", "urllib3"),
        ("paramiko.SSHClient", "paramiko"),
        ("urllib.request.build_opener", "urllib.request.build_opener"),
        ("select.", "select"),
        ("selectors.", "selectors"),
    ];
    let row = ROWS.iter().find(|(start, _)| name.starts_with(start));
    if let Some((_, library)) = row {
        let line = asked.names.line(asked.call);
        return Some(Err(format!("{library} has no twin in the table ({line})")));
    }
    if waits_for_others(name) {
        let line = asked.names.line(asked.call);
        return Some(Err(format!(
            "`{name}` waits for other threads or processes, and would stop all tasks ({line})"
        )));
    }
    let waits = matches!(
        name,
        "input"
            | "os.system"
            | "os.waitpid"
            | "socket.gethostbyname"
            | "socket.getaddrinfo"
            | "urllib.request.urlretrieve"
            | "subprocess.Popen.wait"
            | "subprocess.Popen.communicate"
    );
    waits.then(|| {
        let line = asked.names.line(asked.call);
        Err(format!("`{name}` has no twin in the table ({line})"))
    })
}

/// Whether a method waits for what other threads and processes do.
fn waits_for_others(name: &str) -> bool {
    let owners = [
        "threading.",
        "queue.",
        "multiprocessing.",
        "concurrent.futures.",
    ];
    let last = name.rsplit('.').next().unwrap_or(name);
    let waits = [
        "acquire", "wait", "wait_for", "join", "get", "put", "result", "map", "starmap", "apply",
        "recv",
    ];
    owners.iter().any(|owner| name.starts_with(owner)) && waits.contains(&last)
}
