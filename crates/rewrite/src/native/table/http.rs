//! The client that all requests go through.

use crate::native::Libraries;
use crate::native::change::{Asked, Client};

/// The client that is fastest among those installed.
pub(super) fn client(asked: &Asked<'_, '_, '_>, library: &str) -> Result<Client, String> {
    let libraries: &Libraries = asked.libraries;
    match (libraries.aiohttp, libraries.httpx) {
        (true, _) => Ok(Client::Aiohttp),
        (false, true) => Ok(Client::Httpx),
        (false, false) => Err(asked.missing(library, "aiohttp or httpx")),
    }
}

/// The expression that opens a client. The limit of connections is the caller's, who starts the tasks;
/// cookies and timeouts are those of the requests, as without a client. With `trust_env` aiohttp asks for
/// proxies in a thread before each request, which costs more than the request: only where there are any.
pub(in crate::native) fn context(client: Client) -> &'static str {
    match client {
        Client::Aiohttp => {
            "aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), \
             cookie_jar=aiohttp.DummyCookieJar(), trust_env=bool(urllib.request.getproxies()))"
        }
        Client::Httpx => {
            "httpx.AsyncClient(limits=httpx.Limits(max_connections=None, \
             max_keepalive_connections=None))"
        }
    }
}

/// What is the same for all of them.
pub(super) const CHANGES: [&str; 2] = [
    "connections are kept open and used again",
    "an answer is read at once, before anything looks at it",
];
