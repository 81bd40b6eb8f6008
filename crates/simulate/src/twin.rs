//! What a task costs when an asyncio library takes the place of a blocking one.

use crate::rates::Rates;
use rightlane_facts::{TaskSample, Workload};

/// A request through aiohttp against one exchange over asyncio streams, which `doctor` measures:
/// 0.357 ms of CPU to 0.24 ms (aiohttp 3, one session, 32 at once, CPython 3.13; medians of 5 × 200
/// requests. In the same run `urllib` took 0.46 ms, `requests.get` 2.1 ms, a `requests.Session`
/// 1.35 ms).
const AIOHTTP_EXCHANGES: f64 = 1.5;
/// A request through `httpx.AsyncClient`, 32 at once, against one through `httpx.Client`: 4.76 ms
/// of CPU to 0.97 ms, in the same run.
const HTTPX_FACTOR: f64 = 4.9;

/// How a task's CPU changes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Twin {
    /// The part of its own CPU that stays, 0 to 1.
    pub(crate) kept: f64,
    /// Seconds of CPU that come on top.
    pub(crate) extra: f64,
}

impl Twin {
    pub(crate) fn new(
        workload: &Workload,
        mean: &TaskSample,
        sockets: bool,
        rates: &Rates,
    ) -> Self {
        let own = mean.gil_cpu + mean.free_cpu + mean.kernel_cpu;
        let client = if workload.client_cpu.is_finite() {
            workload.client_cpu.clamp(0.0, own)
        } else {
            0.0
        };
        let twin = workload.sockets.async_twin.as_deref().unwrap_or_default();
        let names = |name: &str| twin.split(" and ").any(|one| one == name);
        let (replaced, extra) = if names("aiohttp") && client > 0.0 {
            (client, AIOHTTP_EXCHANGES * rates.exchange)
        } else if names("httpx.AsyncClient") && client > 0.0 {
            (client, HTTPX_FACTOR * client)
        } else if sockets {
            (0.0, rates.exchange_extra)
        } else {
            (0.0, 0.0)
        };
        Self {
            kept: if own > 0.0 { 1.0 - replaced / own } else { 1.0 },
            extra,
        }
    }
}
