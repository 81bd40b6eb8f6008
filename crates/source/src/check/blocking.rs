//! Which calls block the thread that makes them for long enough to stop an event loop.

use super::model::{Call, Model};
use crate::knowledge::functions::{Blocks, function};

/// Rows of the tables that say what a function waits for, though it does not keep its thread for long,
/// or that belong to the event loop itself.
const SHORT: &[&str] = &[
    "print",
    "click.echo",
    "rich.console.Console.print",
    "threading.Thread.start",
    "multiprocessing.Process.start",
    "multiprocessing.Pool",
    "multiprocessing.Manager",
    "concurrent.futures.ProcessPoolExecutor.submit",
    "concurrent.futures.ProcessPoolExecutor.map",
    "subprocess.Popen",
    "kafka.KafkaProducer.send",
    "sqlite3.Connection",
    "psutil.cpu_percent",
    "syslog.syslog",
    "logging.handlers.SocketHandler.emit",
];
/// Packages whose functions of the tables are coroutines, or start a loop of their own.
const ASYNC: &[&str] = &["asyncio.", "aiohttp.", "asyncpg.", "uvicorn.", "curses."];

impl<'a> Model<'a> {
    /// The name of what a call blocks in, if it does: by what the tables say of it.
    pub fn blocks(&self, call: &Call<'a>) -> Option<String> {
        let name = self.called(call)?;
        let row = function(&name)?;
        let waits = matches!(
            row.blocks,
            Blocks::Socket
                | Blocks::Sleep
                | Blocks::Lock
                | Blocks::Child
                | Blocks::Database
                | Blocks::Terminal
        );
        let asynchronous = ASYNC.iter().any(|package| name.starts_with(package));
        (waits && !asynchronous && !SHORT.contains(&&*name)).then(|| name.to_string())
    }
}
