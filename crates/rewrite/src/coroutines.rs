//! Tasks as coroutines: awaited calls side by side, or blocking ones by their async twins.

use crate::imports::{module_import, statement};
use crate::names::read_in;
use crate::native::Twin;
use crate::sheet::Sheet;
use crate::tasks::{Items, bare};
use rightlane_source::syntax::ast::{AnyNodeRef, Expr, ExprCall};
use rightlane_source::syntax::{Ranged, TextRange, TextSize, Tree};

/// How a call becomes a coroutine.
pub(crate) struct Coroutines {
    /// Most of them at once.
    pub(crate) limit: Option<u32>,
    /// The blocking function's twin; `None` where the call is awaited already.
    pub(crate) twin: Option<Twin>,
}

impl Coroutines {
    /// The stretch that the results stand for: the call, or the `await` around it.
    pub(crate) fn replaced(&self, sheet: &Sheet<'_>, call: &ExprCall) -> TextRange {
        let tree = &sheet.view.tree;
        let outer = tree.parent(Tree::id(call)).map(|id| tree.node(id));
        match outer {
            Some(AnyNodeRef::ExprAwait(one)) if self.twin.is_none() => one.range(),
            _ => call.range(),
        }
    }

    /// The definition of a coroutine function that gathers all results, and the expression for them.
    pub(crate) fn results(
        &self,
        sheet: &mut Sheet<'_>,
        call: &ExprCall,
        items: &Items<'_>,
    ) -> Result<(String, String), String> {
        let asyncio = module_import(sheet, "asyncio");
        let read = read_in(&Expr::Call(call.clone()));
        let names: Vec<&String> = items
            .names
            .iter()
            .filter(|name| read.contains(*name))
            .collect();
        let parameters = names
            .iter()
            .map(|name| name.as_str())
            .collect::<Vec<_>>()
            .join(", ");
        let gathered = sheet.fresh("gathered");
        let one = sheet.fresh("one");
        let unit = sheet.unit.clone();
        let awaited = self.awaited(sheet, call);
        let mut text = format!("\nasync def {gathered}():\n");
        let mut depth = unit.clone();
        let slots = self.limit.map(|limit| (sheet.fresh("slots"), limit));
        if let Some((slots, limit)) = &slots {
            text.push_str(&format!("{depth}{slots} = {asyncio}.Semaphore({limit})\n"));
        }
        for (name, expr) in self.twin.iter().flat_map(|twin| &twin.contexts) {
            text.push_str(&format!("{depth}async with {expr} as {name}:\n"));
            depth.push_str(&unit);
        }
        text.push_str(&format!("\n{depth}async def {one}({parameters}):\n"));
        match &slots {
            Some((slots, _)) => text.push_str(&format!(
                "{depth}{unit}async with {slots}:\n{depth}{unit}{unit}return {awaited}\n\n"
            )),
            None => text.push_str(&format!("{depth}{unit}return {awaited}\n\n")),
        }
        text.push_str(&format!(
            "{depth}return await {asyncio}.gather(*[{one}({parameters}) for {} in {}])\n",
            bare(items.target),
            items.iterable
        ));
        for import in self.twin.iter().flat_map(|twin| &twin.imports) {
            statement(sheet, import);
        }
        let results = match self.twin {
            Some(_) => format!("{asyncio}.run({gathered}())"),
            None => format!("await {gathered}()"),
        };
        Ok((text, results))
    }

    /// The call as it is awaited, with what follows it.
    fn awaited(&self, sheet: &Sheet<'_>, call: &ExprCall) -> String {
        let text = sheet.file.slice(call);
        let Some(twin) = &self.twin else {
            return format!("await {text}");
        };
        let inner = TextRange::new(
            call.arguments.start() + TextSize::new(1),
            call.arguments.end() - TextSize::new(1),
        );
        let own = sheet.file.slice(inner).trim().trim_end_matches(',');
        let lead = twin.lead.iter().map(String::as_str);
        let own = (!own.is_empty()).then_some(own);
        let arguments: Vec<&str> = lead.chain(own).chain(twin.tail.as_deref()).collect();
        let awaited = format!("await {}({})", twin.name, arguments.join(", "));
        match twin.attribute.as_str() {
            "" => awaited,
            attribute => format!("({awaited}){attribute}"),
        }
    }
}
