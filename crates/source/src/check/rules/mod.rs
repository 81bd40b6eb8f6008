//! The rules, one file each. What a file's doc comment says is the rule's manual page, printed by
//! `rightlane explain CODE`: what it sees, why it matters, an example (which the tests check), what to
//! write instead, when it is wrong.
//!
//! To add one: write the file, its `mod` line (plain, so that rustfmt finds the file) and its line in the table.

mod acquire_without_release;
mod apply_in_loop;
mod args_not_a_tuple;
mod asyncio_for_files;
mod asyncio_primitive_across_threads;
mod big_argument_each_task;
mod blas_times_workers;
mod blocking_in_async;
mod blocking_through_helper;
mod check_then_act;
mod chunksize_one;
mod coroutine_never_awaited;
mod cpu_count_workers;
mod daemon_with_work;
mod deprecated_loop_api;
mod dropped_future;
mod dropped_map;
mod event_loop_not_closed;
mod executor_in_loop;
mod executor_per_call;
mod fork_with_threads;
mod gil_enabling_import;
mod huge_pool_of_threads;
mod list_of_everything;
mod lock_per_call;
mod loop_call_from_thread;
mod loop_variable_closure;
mod manager_dict_in_task;
mod missing_main_guard;
mod nested_run;
mod not_in_subinterpreters;
mod pool_apply_loses_control;
mod pool_bigger_than_work;
mod pool_for_one_task;
mod pool_in_daemonic_pool;
mod pool_not_closed;
mod pool_terminate_by_with;
mod popen_not_waited;
mod process_never_joined;
mod processes_for_gil_free_work;
mod processes_for_tiny_task;
mod queue_size_decides;
mod relies_on_fork;
mod removed_api;
mod result_in_same_pool;
mod result_right_after_submit;
mod sequential_await_in_loop;
mod session_per_request;
mod shared_iterator;
mod shared_memory_not_unlinked;
mod start_forgotten;
mod swallowed_cancel;
mod switch_interval;
mod target_called;
mod task_not_kept;
mod thread_never_joined;
mod thread_per_item;
mod threads_for_python_cpu;
mod time_sleep_as_wait;
mod to_thread_for_coroutine_twin;
mod unbounded_gather;
mod unlocked_counter;
mod unpicklable_argument;
mod unpicklable_task;

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

    /// Whether some of its findings come with a safe edit.
    pub fn has_fix(&self) -> bool {
        self.text.contains(".safe_fix(")
    }

    /// One line on what it finds: the first sentence of the manual page.
    pub fn summary(&self) -> String {
        let manual = self.manual();
        let first = manual.split("\n\n").next().unwrap_or("");
        first.replace('\n', " ")
    }
}

/// A group of rules.
#[derive(Debug)]
pub struct Group {
    /// Its name.
    pub name: &'static str,
    /// What the codes of its rules start with.
    pub prefix: &'static str,
    /// What its rules are about.
    pub about: &'static str,
}

/// The groups, by code.
pub const GROUPS: &[Group] = &[
    Group {
        name: "choice",
        prefix: "RL1",
        about: "another API would do better",
    },
    Group {
        name: "correctness",
        prefix: "RL2",
        about: "it may fail, hang, or lose results",
    },
    Group {
        name: "cost",
        prefix: "RL3",
        about: "it takes more time or memory than it has to",
    },
    Group {
        name: "leaks",
        prefix: "RL4",
        about: "something is left running or open",
    },
    Group {
        name: "version",
        prefix: "RL5",
        about: "it behaves otherwise in another Python",
    },
];

macro_rules! rules {
    ($($code:literal $module:ident)*) => {
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
    "RL101" threads_for_python_cpu
    "RL102" processes_for_gil_free_work
    "RL103" processes_for_tiny_task
    "RL104" pool_for_one_task
    "RL105" thread_per_item
    "RL106" asyncio_for_files
    "RL107" pool_apply_loses_control
    "RL108" apply_in_loop
    "RL109" sequential_await_in_loop
    "RL110" result_right_after_submit
    "RL111" to_thread_for_coroutine_twin
    "RL201" missing_main_guard
    "RL202" unpicklable_task
    "RL203" unpicklable_argument
    "RL204" dropped_future
    "RL205" dropped_map
    "RL206" blocking_in_async
    "RL207" blocking_through_helper
    "RL215" shared_iterator
    "RL216" unlocked_counter
    "RL217" lock_per_call
    "RL218" check_then_act
    "RL219" time_sleep_as_wait
    "RL220" nested_run
    "RL221" queue_size_decides
    "RL222" acquire_without_release
    "RL223" swallowed_cancel
    "RL224" loop_variable_closure
    "RL208" coroutine_never_awaited
    "RL209" task_not_kept
    "RL210" asyncio_primitive_across_threads
    "RL211" loop_call_from_thread
    "RL212" result_in_same_pool
    "RL213" pool_in_daemonic_pool
    "RL214" fork_with_threads
    "RL225" args_not_a_tuple
    "RL226" target_called
    "RL227" start_forgotten
    "RL301" executor_in_loop
    "RL401" pool_not_closed
    "RL402" thread_never_joined
    "RL403" process_never_joined
    "RL404" pool_terminate_by_with
    "RL405" daemon_with_work
    "RL406" popen_not_waited
    "RL407" shared_memory_not_unlinked
    "RL408" event_loop_not_closed
    "RL302" executor_per_call
    "RL305" cpu_count_workers
    "RL306" unbounded_gather
    "RL308" huge_pool_of_threads
    "RL309" manager_dict_in_task
    "RL310" list_of_everything
    "RL311" pool_bigger_than_work
    "RL313" session_per_request
    "RL501" relies_on_fork
    "RL502" deprecated_loop_api
    "RL503" gil_enabling_import
    "RL504" not_in_subinterpreters
    "RL505" removed_api
    "RL507" switch_interval
    "RL303" chunksize_one
    "RL304" big_argument_each_task
    "RL307" blas_times_workers
}

/// The rule of this code or name.
pub fn rule(name: &str) -> Option<&'static Rule> {
    let code = name.to_uppercase();
    let by_name = name.to_lowercase().replace('-', "_");
    RULES
        .iter()
        .find(|rule| rule.code == code || rule.module == by_name)
}

/// The rules that a word means: one by its code or name, or all whose codes begin like that (`RL2`).
pub fn rules_named(name: &str) -> Vec<&'static Rule> {
    if let Some(rule) = rule(name) {
        return vec![rule];
    }
    let prefix = name.to_uppercase();
    let meant = |rule: &&Rule| prefix.starts_with("RL") && rule.code.starts_with(&prefix);
    RULES.iter().filter(meant).collect()
}
