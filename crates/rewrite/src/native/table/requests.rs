//! requests: a request is prepared by requests, an answer is a `requests.Response`; only the way between is
//! another library's.

use super::http;
use crate::native::change::{Asked, Change, Client, Helper};

static AIOHTTP: Helper = Helper {
    name: "request_async",
    text: include_str!("../helpers/request_aiohttp.py"),
    imports: &[
        "aiohttp",
        "asyncio",
        "io",
        "requests",
        "urllib.request",
        "yarl",
    ],
    optional: &[],
};

static HTTPX: Helper = Helper {
    name: "request_async",
    text: include_str!("../helpers/request_httpx.py"),
    imports: &["httpx", "io", "requests"],
    optional: &[],
};

/// What the helpers take.
const KEYWORDS: &[&str] = &[
    "url",
    "params",
    "data",
    "json",
    "headers",
    "cookies",
    "files",
    "auth",
    "timeout",
    "allow_redirects",
];

pub(super) fn change(name: &str, asked: &Asked<'_, '_, '_>) -> Option<Result<Change, String>> {
    let rest = name.strip_prefix("requests.")?;
    let (of_session, method) = match rest.strip_prefix("Session.") {
        Some(method) => (true, method),
        None => (false, rest),
    };
    match method {
        "get" | "options" | "head" => Some(request(asked, method, &["", "params"], of_session)),
        "post" => Some(request(asked, method, &["", "data", "json"], of_session)),
        "put" | "patch" => Some(request(asked, method, &["", "data"], of_session)),
        "delete" => Some(request(asked, method, &[], of_session)),
        "request" => Some(request(asked, method, &[], of_session)),
        "send" | "mount" if of_session => {
            let line = asked.names.line(asked.call);
            Some(Err(format!("requests' `{method}` has no twin ({line})")))
        }
        _ => None,
    }
}

fn request(
    asked: &Asked<'_, '_, '_>,
    method: &str,
    keywords: &'static [&'static str],
    of_session: bool,
) -> Result<Change, String> {
    let mut allowed = KEYWORDS.to_vec();
    if method == "request" {
        allowed.push("method");
    }
    let client = http::client(asked, "requests")?;
    allowed.push("stream");
    if client == Client::Aiohttp && is_literal(asked, "verify") {
        allowed.push("verify");
    }
    asked.only(&allowed)?;
    let helper = match client {
        Client::Aiohttp => &AIOHTTP,
        Client::Httpx => &HTTPX,
    };
    let lead = (method != "request").then(|| format!("\"{}\"", method.to_uppercase()));
    let mut tail = of_session.then(|| "session={owner}".to_owned());
    if method == "head"
        && asked
            .call
            .arguments
            .find_keyword("allow_redirects")
            .is_none()
    {
        let more = "allow_redirects=False";
        tail = Some(tail.map_or(more.to_owned(), |tail| format!("{more}, {tail}")));
    }
    let mut changes = http::CHANGES.to_vec();
    changes.push("redirects are followed by another library and leave no history in the response");
    if asked.call.arguments.find_keyword("stream").is_some() {
        changes.push("an answer that was streamed is kept in memory as a whole");
    }
    changes.push("the text of a requests exception may be worded otherwise");
    Ok(Change {
        func: Some(helper.name.to_owned()),
        lead: lead.into_iter().collect(),
        tail,
        keywords,
        client: Some(client),
        helpers: vec![helper],
        changes,
        ..Change::default()
    })
}

fn is_literal(asked: &Asked<'_, '_, '_>, keyword: &str) -> bool {
    let found = asked.call.arguments.find_keyword(keyword);
    found.is_some_and(|keyword| keyword.value.is_boolean_literal_expr())
}
