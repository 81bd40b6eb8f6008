//! Coroutines whose work is done in threads, by `asyncio.to_thread`.

use super::{Lane, Opening, bound, repeated};
use crate::imports::{builtin, module_import};
use crate::sheet::Sheet;
use crate::tasks::Tasks;
use rightlane_facts::Settings;

pub(super) struct ToThread {
    settings: Settings,
    /// An event loop runs already: the results are awaited.
    in_async: bool,
}

impl ToThread {
    pub(super) fn new(settings: Settings, in_async: bool) -> Self {
        Self { settings, in_async }
    }

    fn asked(&self, asyncio: &str, gathered: &str) -> String {
        match self.in_async {
            true => format!("await {gathered}"),
            false => format!("{asyncio}.run({gathered})"),
        }
    }
}

impl Lane for ToThread {
    fn results(&self, sheet: &mut Sheet<'_>, tasks: &Tasks, _: Option<&Opening>) -> String {
        let asyncio = module_import(sheet, "asyncio");
        let (zip, map) = (builtin(sheet, "zip"), builtin(sheet, "map"));
        let unit = sheet.unit.clone();
        let slots = self.settings.limit.or(self.settings.workers);
        let function = bound(sheet, tasks);
        let columns = repeated(sheet, &tasks.columns).join(", ");
        let Some(limit) = slots else {
            let gathered = sheet.shared_definition("in_threads", |name| {
                format!(
                    "async def {name}(function, *columns):\n{unit}tasks = [{asyncio}.to_thread(function, *one) for one in \
                     {zip}(*columns)]\n{unit}return await {asyncio}.gather(*tasks)"
                )
            });
            return self.asked(&asyncio, &format!("{gathered}({function}, {columns})"));
        };
        let gathered = sheet.shared_definition("in_threads", |name| {
            format!(
                "async def {name}(limit, function, *columns):\n{unit}slots = {asyncio}.Semaphore(limit)\n\n{unit}async def \
                 one(*arguments):\n{unit}{unit}async with slots:\n{unit}{unit}{unit}return await \
                 {asyncio}.to_thread(function, *arguments)\n\n{unit}return await {asyncio}.gather(*{map}(one, *columns))"
            )
        });
        self.asked(
            &asyncio,
            &format!("{gathered}({limit}, {function}, {columns})"),
        )
    }

    fn gathers(&self) -> bool {
        true
    }
}
