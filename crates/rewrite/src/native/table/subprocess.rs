//! `subprocess.run` and what is made of it.

use crate::native::change::{Asked, Change, Helper};

static RUN: Helper = Helper {
    name: "run_async",
    text: include_str!("../helpers/run.py"),
    imports: &["asyncio", "io", "locale", "os", "subprocess"],
    optional: &[],
};

/// What `asyncio.create_subprocess_exec` and the helper take.
const KEYWORDS: &[&str] = &[
    "args",
    "input",
    "capture_output",
    "timeout",
    "check",
    "shell",
    "text",
    "universal_newlines",
    "encoding",
    "errors",
    "stdin",
    "stdout",
    "stderr",
    "cwd",
    "env",
    "start_new_session",
    "preexec_fn",
    "close_fds",
    "pass_fds",
    "user",
    "group",
    "umask",
];

pub(super) fn change(name: &str, asked: &Asked<'_, '_, '_>) -> Option<Result<Change, String>> {
    let (tail, attribute) = match name {
        "subprocess.run" => (None, ""),
        "subprocess.check_output" => (Some("check=True, stdout=subprocess.PIPE"), ".stdout"),
        "subprocess.check_call" => (Some("check=True"), ".returncode"),
        "subprocess.call" => (None, ".returncode"),
        _ => return None,
    };
    Some(asked.only(KEYWORDS).and_then(|()| {
        if asked.call.arguments.args.len() > 1
            || asked.call.arguments.find_keyword("args").is_some()
        {
            let line = asked.names.line(asked.call);
            return Err(format!("only the command may be positional ({line})"));
        }
        Ok(Change {
            func: Some(RUN.name.to_owned()),
            tail: tail.map(str::to_owned),
            attribute,
            helpers: vec![&RUN],
            changes: vec!["child processes are waited for by asyncio"],
            ..Change::default()
        })
    }))
}
