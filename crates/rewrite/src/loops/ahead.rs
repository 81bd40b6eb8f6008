//! A few tasks that run ahead of the one whose result is asked for.

use super::split::{Over, Split};
use super::write::Pieces;
use crate::imports::{builtin, from_import};
use crate::outcome::Outcome;
use crate::sheet::Sheet;
use rightlane_source::syntax::ast::Stmt;

/// How many tasks run ahead where the number of workers is not known.
const AHEAD: u32 = 16;

impl Split<'_, '_> {
    /// The tasks are started by a generator, which is asked for some more than are needed.
    pub(super) fn ahead(mut self, guarded: bool) -> Result<Outcome, String> {
        let why = "how many results will be asked for is not known, and this API has no handle to wait for one task";
        let opened = self.pool(why)?;
        self.refuse_outer_names()?;
        let (names, noted, future) = self.noted(&opened, guarded, true)?;
        // Two for each worker: one that it works on, and one that waits for it.
        let count = self.lane.workers().map_or(AHEAD, |workers| workers * 2);
        let ahead = helper(self.sheet);
        let here = self.inner_depth(true);
        let (inside, tasks) = match (self.each.each, self.before.is_empty()) {
            (Some((target, iter)), true) => {
                let file = self.sheet.file;
                let clause = format!("for {} in {}", file.slice(target), file.slice(iter));
                (String::new(), format!("({noted} {clause})"))
            }
            _ => {
                let started = self.sheet.fresh("started");
                let deeper = format!("{here}{}", self.sheet.unit);
                let body = self.first_loop(&deeper, &format!("yield {noted}"));
                (
                    format!("{here}def {started}():\n{body}\n"),
                    format!("{started}()"),
                )
            }
        };
        let over = Over {
            inside,
            header: format!("for {names} in {ahead}({tasks}, {count}):"),
            value: self.lane.result(&future),
            binds: false,
        };
        let pieces = Pieces {
            opened: Some(opened),
            outside: String::new(),
            over,
        };
        if let Some(word) = self.ended_by_result() {
            self.outcome.changes(format!(
                "when `{word}` ends the loop, up to {count} more items have been taken from where they come from"
            ));
        }
        self.outcome.changes(format!(
            "up to {count} tasks run ahead of the one whose result is asked for"
        ));
        Ok(self.write(pieces))
    }

    /// What comes before the call becomes a function: it cannot bind names of the one around it.
    fn refuse_outer_names(&self) -> Result<(), String> {
        let test = match self.each.stmt {
            Stmt::While(each) => crate::names::read_in(&each.test),
            _ => Default::default(),
        };
        let before: Vec<&Stmt> = self
            .before
            .iter()
            .map(|index| &self.each.body[*index])
            .collect();
        let bound = crate::names::bound_in(before.iter().copied());
        let added = crate::names::added_to(before.iter().copied());
        match bound
            .iter()
            .find(|name| test.contains(*name) || added.contains(*name))
        {
            Some(name) => Err(format!(
                "{name} goes on from one item to the next before the call: collect the items in a list first, and \
                 loop over that"
            )),
            None => Ok(()),
        }
    }
}

fn helper(sheet: &mut Sheet<'_>) -> String {
    let deque = from_import(sheet, "collections", "deque");
    let len = builtin(sheet, "len");
    let u = sheet.unit.clone();
    sheet.shared_definition("ahead", |name| {
        format!(
            "def {name}(tasks, count):\n\
             {u}\"\"\"The tasks in order; `count` more than are asked for have been started.\"\"\"\n\
             {u}waiting = {deque}()\n\
             {u}for task in tasks:\n\
             {u}{u}waiting.append(task)\n\
             {u}{u}if {len}(waiting) > count:\n\
             {u}{u}{u}yield waiting.popleft()\n\
             {u}yield from waiting"
        )
    })
}
