//! A future for each task.

use super::split::{Over, Split};
use super::write::Pieces;
use crate::lanes::Opening;
use crate::outcome::Outcome;
use crate::tasks::{Arguments, submitted};
use rightlane_source::syntax::ast::Expr;

impl Split<'_, '_> {
    /// `pending.append((item, executor.submit(f, item)))` for every item, then their results. A `guarded` call
    /// stands in a `try`, its arguments with it.
    pub(super) fn futures(mut self, guarded: bool) -> Result<Outcome, String> {
        let opened = self.pool(match guarded {
            true => "the call stands in a `try`, and this API has no handle to wait for one task",
            false => "the loop takes its items while it goes round, and this API has no handle to wait for one task",
        })?;
        let (names, noted, future) = self.noted(&opened, guarded, false)?;
        let pending = self.sheet.fresh("pending");
        let here = self.inner_depth(true);
        let first = self.first_loop(&here, &format!("{pending}.append({noted})"));
        let over = Over {
            inside: format!("{here}{pending} = []\n{first}"),
            header: format!("for {names} in {pending}:"),
            value: self.lane.result(&future),
            binds: false,
        };
        let pieces = Pieces {
            opened: Some(opened),
            outside: String::new(),
            over,
        };
        self.note_early();
        Ok(self.write(pieces))
    }

    /// The pool, of an API that has handles for single tasks.
    pub(super) fn pool(&mut self, otherwise: &str) -> Result<Opening, String> {
        if self.coroutines.is_some() {
            return Err(otherwise.to_owned());
        }
        let opened = self.lane.opening(self.sheet);
        opened.ok_or_else(|| format!("{otherwise}: ThreadPoolExecutor has"))
    }

    /// What the second loop goes through: names for it, what the first loop notes, and the future's name. A first
    /// loop that stands `apart`, in a function of its own, binds no names for what follows.
    pub(super) fn noted(
        &mut self,
        opened: &Opening,
        guarded: bool,
        apart: bool,
    ) -> Result<(String, String, String), String> {
        let after = self.read_after();
        let mut needed = Vec::new();
        for name in self.own_names() {
            let again = self.binds_again(&name, &after)?;
            if again || apart && self.is_read_outside(&name) {
                needed.push(name);
            }
        }
        let future = self.sheet.fresh("future");
        let (function, arguments) = self.task(guarded)?;
        let submit = self
            .lane
            .submit(opened, &function, &arguments)
            .ok_or("the call's arguments cannot be sent one by one by this API")?;
        let noted = match needed.is_empty() {
            true => submit,
            false => format!("({}, {submit})", needed.join(", ")),
        };
        needed.push(future.clone());
        Ok((needed.join(", "), noted, future))
    }

    /// The function to send, and its arguments: as they stand there, unless they belong into a `try`.
    fn task(&mut self, guarded: bool) -> Result<(String, Arguments), String> {
        crate::raised::look(self.sheet, self.lane, self.call)?;
        let arguments = &self.call.arguments;
        let mut all = arguments
            .args
            .iter()
            .chain(arguments.keywords.iter().map(|one| &one.value));
        let own = self.own_names();
        let plain = match &*self.call.func {
            Expr::Name(name) => !own.iter().any(|one| one == name.id.as_str()),
            Expr::Attribute(_) => true,
            _ => false,
        };
        let fits = plain && (!guarded || all.all(is_simple));
        if fits && crate::tasks::sendable(self.sheet, self.lane, self.call)? {
            return Ok((
                self.sheet.file.slice(&*self.call.func).to_owned(),
                self.arguments(),
            ));
        }
        submitted(self.sheet, self.lane, self.call, &own.into_iter().collect())
    }
}

/// Whether evaluating it cannot fail.
fn is_simple(expr: &Expr) -> bool {
    matches!(
        expr,
        Expr::Name(_)
            | Expr::NumberLiteral(_)
            | Expr::StringLiteral(_)
            | Expr::BooleanLiteral(_)
            | Expr::NoneLiteral(_)
    )
}
