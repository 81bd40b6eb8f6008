//! One name for what has several.

/// The name that a library's function goes by here.
pub(super) fn canonical(name: &str) -> String {
    for (written, ours) in [
        ("requests.sessions.", "requests."),
        ("requests.api.", "requests."),
        ("requests.session", "requests.Session"),
        ("redis.client.", "redis."),
        ("redis.StrictRedis", "redis.Redis"),
        ("sqlite3.dbapi2.", "sqlite3."),
        ("socket.SocketType", "socket.socket"),
    ] {
        if let Some(rest) = name.strip_prefix(written)
            && (written.ends_with('.') || rest.is_empty() || rest.starts_with('.'))
        {
            return format!("{ours}{rest}");
        }
    }
    name.to_owned()
}

/// The type of what the function of this name returns: its own name, if no other is known.
pub(super) fn made(name: &str) -> String {
    match name {
        "socket.create_connection" => "socket.socket",
        "sqlite3.connect" => "sqlite3.Connection",
        "sqlite3.Connection.cursor" | "sqlite3.Connection.execute" => "sqlite3.Cursor",
        "redis.from_url" | "redis.Redis.from_url" => "redis.Redis",
        "psycopg.connect" | "psycopg.Connection.connect" => "psycopg.Connection",
        "psycopg.Connection.cursor" | "psycopg.Connection.execute" => "psycopg.Cursor",
        "smtplib.SMTP_SSL" => "smtplib.SMTP",
        name => return name.to_owned(),
    }
    .to_owned()
}
