//! httpx has its own asynchronous client; the settings of a client that exists are asked of it.

use super::http;
use crate::native::change::{Asked, Change, Client, Helper};

static SEND: Helper = Helper {
    name: "send_async",
    text: include_str!("../helpers/send_httpx.py"),
    imports: &["httpx"],
    optional: &[],
};

/// What both take.
const KEYWORDS: &[&str] = &[
    "url", "params", "content", "data", "json", "files", "headers", "cookies", "timeout",
];

pub(super) fn change(name: &str, asked: &Asked<'_, '_, '_>) -> Option<Result<Change, String>> {
    let rest = name.strip_prefix("httpx.")?;
    let (of_client, method) = match rest.strip_prefix("Client.") {
        Some(method) => (true, method),
        None => (false, rest),
    };
    match method {
        "get" | "options" | "head" | "post" | "put" | "patch" | "delete" | "request" => {
            Some(request(asked, method, of_client))
        }
        "stream" | "send" => {
            let line = asked.names.line(asked.call);
            Some(Err(format!(
                "httpx's `{method}` has no twin in the table ({line})"
            )))
        }
        _ => None,
    }
}

fn request(asked: &Asked<'_, '_, '_>, method: &str, of_client: bool) -> Result<Change, String> {
    let mut allowed = KEYWORDS.to_vec();
    if method == "request" {
        allowed.push("method");
    }
    if !of_client {
        allowed.extend(["auth", "follow_redirects"]);
    }
    asked.only(&allowed)?;
    let mut change = Change {
        client: Some(Client::Httpx),
        changes: vec![http::CHANGES[0]],
        ..Change::default()
    };
    if of_client {
        change.func = Some(SEND.name.to_owned());
        change.lead.push("{owner}".to_owned());
        if method != "request" {
            change.lead.push(format!("\"{}\"", method.to_uppercase()));
        }
        change.helpers.push(&SEND);
    } else {
        change.func = Some(format!("{{client}}.{method}"));
        change.imports.push("httpx");
    }
    Ok(change)
}
