//! Statements and calls that a database gets.

use super::calls::Site;
use super::{Args, Walker};
use crate::apart::Key;
use crate::knowledge::only_reads;
use crate::trace::Act;
use crate::value::{Kind, Value};
use ruff_python_ast::Expr;

/// Methods that change what is stored, whatever it is called on; the name is found nowhere else.
const CHANGING: &[&str] = &[
    "insert_one",
    "insert_many",
    "update_one",
    "update_many",
    "replace_one",
    "delete_one",
    "delete_many",
    "find_one_and_update",
    "find_one_and_replace",
    "find_one_and_delete",
    "bulk_write",
    "callproc",
    "to_sql",
    "lpop",
    "rpop",
    "blpop",
    "brpop",
    "lpush",
    "rpush",
    "rpoplpush",
    "brpoplpush",
    "lmove",
    "spop",
    "incrby",
    "decrby",
    "hincrby",
    "zincrby",
    "zpopmin",
    "zpopmax",
    "getset",
    "setnx",
    "xadd",
    "xreadgroup",
];

/// Methods of caches and key-value stores that count, which no two tasks may do for one key.
const COUNTING: &[&str] = &["incr", "decr", "incr_version"];

/// Methods of them that set what the first argument names.
const SETTING: &[&str] = &[
    "set",
    "add",
    "get_or_set",
    "delete",
    "hset",
    "expire",
    "setex",
];

impl<'a> Walker<'_, 'a> {
    /// A method that may ask a database to change something.
    pub(super) fn database_method(
        &mut self,
        receiver: &Value,
        name: &str,
        args: &Args,
        site: Site<'a>,
    ) {
        let is = |wanted: &str| {
            let holds = |kind: &Kind| matches!(kind, Kind::Ext(held) if held == wanted);
            receiver.kinds.iter().any(holds)
        };
        let connection = is("sqlite3.Connection") || is("sqlite3.Cursor") || is("dbconnection");
        match name {
            "execute" | "executemany" | "executescript"
                if (connection || receiver.is_unknown()) && !self.only_looks(site) =>
            {
                self.stores(&receiver.keys);
            }
            "add" | "add_all" | "merge" | "delete" | "flush" | "commit" if is("dbconnection") => {
                self.stores(&receiver.keys);
            }
            _ if CHANGING.contains(&name) && !receiver.is_plain() => self.stores(&[]),
            _ if is("redis.Redis") => self.key_value_method(name, args),
            _ => {}
        }
    }

    /// A method of a cache or key-value store.
    pub(super) fn key_value_method(&mut self, name: &str, args: &Args) {
        if COUNTING.contains(&name) {
            self.stores(&[]);
        } else if SETTING.contains(&name) {
            let keys = args.at(0).map(|key| key.keys.clone()).unwrap_or_default();
            self.stores(&keys);
        }
    }

    /// Something is stored; the keys are of what names the place.
    fn stores(&mut self, keys: &[Key]) {
        let keys = keys.to_vec();
        self.emit(Act::Stores { keys });
    }

    /// Whether the statement in the first argument only looks: an SQL text, also within `text(…)`, or
    /// `select(…)` of a library.
    fn only_looks(&self, site: Site<'a>) -> bool {
        let mut expr = site.node.and_then(|call| call.arguments.args.first());
        for _ in 0..8 {
            expr = match expr {
                Some(Expr::Call(call)) => match &*call.func {
                    Expr::Name(name) if name.id == "select" => return true,
                    // `select(…).where(…)`.
                    Expr::Attribute(method) if method.value.is_call_expr() => Some(&method.value),
                    _ => call.arguments.args.first(),
                },
                Some(Expr::Name(name)) => self.bound_expr(&name.id),
                Some(expr) => {
                    let text = self.text_of_expr(expr);
                    return text.is_some_and(|text| only_reads(&text));
                }
                None => return false,
            };
        }
        false
    }
}
