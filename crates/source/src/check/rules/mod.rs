//! The rules, one file each. What a file's doc comment says is the rule's manual page, printed by
//! `rightlane explain CODE`: what it sees, why it matters, an example (which the tests check), what to
//! write instead, when it is wrong.
//!
//! To add one: write the file, and a line below.

use super::found::Found;
use super::model::Model;

/// A rule.
#[derive(Debug)]
pub struct Rule {
    /// Such as `RL204`. The hundreds are groups: 1 choice, 2 correctness, 3 cost, 4 leaks, 5 version.
    pub code: &'static str,
    /// Name of the rule's file.
    module: &'static str,
    /// The rule's file.
    text: &'static str,
    pub(super) check: fn(&Model<'_>, &mut Found),
}

impl Rule {
    /// Such as `dropped-future`.
    pub fn name(&self) -> String {
        self.module.replace('_', "-")
    }

    /// The manual page, in Markdown: the doc comment at the head of the rule's file.
    pub fn manual(&self) -> String {
        let head = self.text.lines().map_while(|line| line.strip_prefix("//!"));
        let lines = head.map(|line| line.strip_prefix(' ').unwrap_or(line));
        lines.collect::<Vec<_>>().join("\n")
    }

    /// One line on what it finds: the first sentence of the manual page.
    pub fn summary(&self) -> String {
        let manual = self.manual();
        let first = manual.split("\n\n").next().unwrap_or("");
        first.replace('\n', " ")
    }
}

macro_rules! rules {
    ($($code:literal $module:ident)*) => {
        $(mod $module;)*

        /// All rules, by code.
        pub static RULES: &[Rule] = &[$(Rule {
            code: $code,
            module: stringify!($module),
            text: include_str!(concat!(stringify!($module), ".rs")),
            check: $module::check,
        }),*];
    };
}

rules! {
    "RL201" missing_main_guard
    "RL202" unpicklable_task
    "RL203" unpicklable_argument
    "RL204" dropped_future
    "RL205" dropped_map
    "RL206" blocking_in_async
    "RL207" blocking_through_helper
    "RL208" coroutine_never_awaited
    "RL209" task_not_kept
    "RL210" asyncio_primitive_across_threads
    "RL211" loop_call_from_thread
    "RL212" result_in_same_pool
    "RL213" pool_in_daemonic_pool
    "RL214" fork_with_threads
    "RL225" args_not_a_tuple
    "RL301" executor_in_loop
}

/// The rule of this code or name.
pub fn rule(name: &str) -> Option<&'static Rule> {
    let code = name.to_uppercase();
    let by_name = name.to_lowercase().replace('-', "_");
    RULES
        .iter()
        .find(|rule| rule.code == code || rule.module == by_name)
}
