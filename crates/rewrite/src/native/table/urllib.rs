//! `urllib.request.urlopen`: what it returns and raises stays urllib's own.

use super::http;
use crate::native::change::{Asked, Change, Client, Helper};

static AIOHTTP: Helper = Helper {
    name: "urlopen_async",
    text: include_str!("../helpers/urlopen_aiohttp.py"),
    imports: &[
        "aiohttp",
        "asyncio",
        "http.client",
        "io",
        "sys",
        "urllib.error",
        "urllib.request",
        "urllib.response",
        "yarl",
    ],
    optional: &[],
};

static HTTPX: Helper = Helper {
    name: "urlopen_async",
    text: include_str!("../helpers/urlopen_httpx.py"),
    imports: &[
        "http.client",
        "httpx",
        "io",
        "sys",
        "urllib.error",
        "urllib.request",
        "urllib.response",
    ],
    optional: &[],
};

pub(super) fn change(name: &str, asked: &Asked<'_, '_, '_>) -> Option<Result<Change, String>> {
    (name == "urllib.request.urlopen").then(|| urlopen(asked))
}

fn urlopen(asked: &Asked<'_, '_, '_>) -> Result<Change, String> {
    asked.only(&["url", "data", "timeout"])?;
    let client = http::client(asked, "urllib.request")?;
    let helper = match client {
        Client::Aiohttp => &AIOHTTP,
        Client::Httpx => &HTTPX,
    };
    let mut changes = http::CHANGES.to_vec();
    changes
        .push("redirects are followed by another library, which keeps the method as browsers do");
    changes.push("the reason in a urllib.error.URLError may be worded otherwise");
    if client == Client::Httpx {
        changes.push("requests carry `Accept: */*` as well");
    }
    Ok(Change {
        func: Some(helper.name.to_owned()),
        client: Some(client),
        helpers: vec![helper],
        changes,
        ..Change::default()
    })
}
