//! Which calls change something outside the program that must not be left half done: they write files,
//! commit to a database, send.

use super::model::{Call, FunctionId, Model};
use ruff_python_ast::Expr;

/// How many calls deep a function of the same file is followed.
const DEEPEST: u32 = 3;

/// Functions and methods that do.
const WRITE: &[&str] = &[
    "shutil.copy",
    "shutil.copy2",
    "shutil.copyfile",
    "shutil.copytree",
    "shutil.move",
    "smtplib.SMTP.sendmail",
    "smtplib.SMTP.send_message",
    "smtplib.SMTP_SSL.sendmail",
    "smtplib.SMTP_SSL.send_message",
    "socket.socket.sendall",
    "sqlite3.Connection.commit",
    "urllib.request.urlretrieve",
];
const OPEN: &[&str] = &[
    "open",
    "io.open",
    "gzip.open",
    "bz2.open",
    "lzma.open",
    "codecs.open",
];

impl<'a> Model<'a> {
    /// What a call writes by, if it does.
    pub fn writes(&self, call: &Call<'a>) -> Option<&'static str> {
        let (last, is_method) = match &*call.expr.func {
            Expr::Name(name) => (name.id.as_str(), false),
            Expr::Attribute(method) => (method.attr.as_str(), true),
            _ => return None,
        };
        let given = &call.expr.arguments;
        match last {
            "open" => {
                let place = usize::from(!is_method || self.calls_any(call, OPEN));
                let mode = given.find_argument_value("mode", place);
                opens_to_write(mode?).then_some("open(…) to write")
            }
            "write_text" | "write_bytes" if is_method => Some("Path.write_…"),
            "commit" if is_method && given.is_empty() => Some("commit()"),
            "execute" | "executemany" if is_method => {
                changes_rows(given.args.first()?).then_some("execute(…)")
            }
            _ => {
                let known = WRITE.iter().filter(|known| known.ends_with(last));
                let mut known = known.filter(|known| self.calls_any(call, &[known]));
                known.next().copied()
            }
        }
    }

    /// The first call by which a function writes, itself or by the functions of this file that it
    /// calls, and what it does.
    pub fn writes_within(&self, function: FunctionId) -> Option<&'static str> {
        let mut reached = vec![(function, 0)];
        let mut next = 0;
        while let Some((id, depth)) = reached.get(next).copied() {
            next += 1;
            for call in self.calls_of(id) {
                if let Some(what) = self.writes(call) {
                    return Some(what);
                }
                if depth >= DEEPEST {
                    continue;
                }
                let called = self.called(call);
                let inner = called.and_then(|name| self.function_named(&name));
                if let Some(inner) = inner
                    && !reached.iter().any(|(known, _)| *known == inner.id)
                {
                    reached.push((inner.id, depth + 1));
                }
            }
        }
        None
    }
}

fn opens_to_write(mode: &Expr) -> bool {
    let Expr::StringLiteral(mode) = mode else {
        return false;
    };
    let mode = mode.value.to_str();
    mode.len() <= 4 && mode.contains(['w', 'a', 'x'])
}

fn changes_rows(statement: &Expr) -> bool {
    let Expr::StringLiteral(text) = statement else {
        return false;
    };
    let text = text.value.to_str().trim_start().to_lowercase();
    let words = ["insert", "update", "delete", "replace"];
    words.iter().any(|word| text.starts_with(word))
}
