//! Other ways than `join` in which a program waits for a thread or process: for an event that it sets, its
//! queue, its result.

use super::model::{Call, Model};
use super::names::last_name;
use super::tasks::Submission;
use super::tree::NodeId;
use ruff_python_ast::Expr;

impl<'a> Model<'a> {
    /// Whether somebody waits for an event, a queue or a result that a task knows of by its name, or
    /// the function that starts it waits for anything but a thread.
    pub fn is_waited_for(&self, work: &Submission<'_, 'a>) -> bool {
        let task = work.task.function().map(|function| function.node);
        let given = work.arguments.iter().map(|value| self.text_of(*value));
        let own = task.map(|task| self.text.slice(self.tree.range(task)));
        let texts: Vec<&str> = given.chain(own).collect();
        self.calls.iter().any(|call| {
            waited(call).is_some_and(|object| {
                self.is_outside(task, call)
                    && (self.is_beside(work, call, object)
                        || last_name(object)
                            .is_some_and(|name| texts.iter().any(|text| has_word(text, name))))
            })
        })
    }

    fn is_outside(&self, task: Option<NodeId>, call: &Call<'a>) -> bool {
        task.is_none_or(|task| !self.tree.holds(task, call.node))
    }

    /// Whether a wait stands after the start of the task in the same function, and is not for another
    /// thread.
    fn is_beside(&self, work: &Submission<'_, 'a>, call: &Call<'a>, object: &'a Expr) -> bool {
        call.function == work.call.function
            && call.node > work.call.node
            && call
                .expr
                .func
                .as_attribute_expr()
                .is_some_and(|method| method.attr.as_str() != "get")
            && !matches!(
                self.type_of(object).as_deref(),
                Some("threading.Thread" | "multiprocessing.Process")
            )
    }
}

/// The object that a call waits for: an event, a queue, a pipe. Not `", ".join(words)`,
/// `options.get("name")`.
fn waited<'a>(call: &Call<'a>) -> Option<&'a Expr> {
    let method = call.expr.func.as_attribute_expr()?;
    let given = &call.expr.arguments;
    let fits = match method.attr.as_str() {
        "join" | "recv" => given.args.is_empty(),
        "get" => !matches!(given.args.first(), Some(Expr::StringLiteral(_))),
        "wait" => true,
        _ => false,
    };
    fits.then_some(&*method.value)
}

fn has_word(text: &str, word: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(word).any(|(at, _)| {
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        let after = text.get(at + word.len()..);
        let after = after.and_then(|after| after.chars().next());
        !before.is_some_and(is_part) && !after.is_some_and(is_part)
    })
}
