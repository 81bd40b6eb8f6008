//! What is called on a pool, for a pool of the other kind.

use crate::imports::builtin;
use crate::outcome::Outcome;
use crate::sheet::Sheet;
use crate::tasks::Arguments;
use rightlane_facts::Settings;
use rightlane_source::syntax::ast::{AnyNodeRef, Expr, ExprAttribute, ExprCall, Stmt};
use rightlane_source::syntax::{NodeId, Ranged, TextRange, TextSize, Tree};

/// A use of the pool: `NAME.method`, and the call of it.
pub(super) struct Use<'a> {
    pub(super) attribute: &'a ExprAttribute,
    pub(super) call: Option<&'a ExprCall>,
}

impl Use<'_> {
    fn word(&self) -> &str {
        self.attribute.attr.as_str()
    }

    fn refused(&self, sheet: &Sheet<'_>) -> String {
        let line = sheet.file.line(self.attribute.start());
        format!("{} (line {line}) has no counterpart there", self.word())
    }

    fn rename(&self, sheet: &mut Sheet<'_>, word: &str) {
        sheet.replace(self.attribute.attr.range(), word);
    }

    /// The pool as it is called.
    fn pool(&self, sheet: &Sheet<'_>) -> String {
        sheet.file.slice(&*self.attribute.value).to_owned()
    }

    /// Gives the call a chunk size.
    pub(super) fn chunked(&self, sheet: &mut Sheet<'_>, settings: Settings, copies: bool) {
        let size = settings.chunksize.filter(|size| *size > 1 && copies);
        let takes = matches!(self.word(), "map" | "imap" | "imap_unordered" | "starmap");
        if let (Some(call), Some(size), true) = (self.call, size, takes)
            && !has_keyword(call, "chunksize")
        {
            sheet.insert(call.end() - TextSize::new(1), format!(", chunksize={size}"));
        }
    }

    /// For an executor.
    pub(super) fn to_executor(
        &self,
        sheet: &mut Sheet<'_>,
        outcome: &mut Outcome,
    ) -> Result<(), String> {
        let refused = self.refused(sheet);
        let Some(call) = self.call else {
            return Err(refused);
        };
        match self.word() {
            "close" | "terminate" => self.rename(sheet, "shutdown"),
            "join" => drop_statement(sheet, call).ok_or(refused)?,
            "imap" => self.rename(sheet, "map"),
            "imap_unordered" => {
                outcome.changes(
                    "results come in the order of the items, no longer as they are ready"
                        .to_owned(),
                );
                self.rename(sheet, "map");
            }
            "map" => {
                let arguments = Arguments::of(sheet, call).texts().join(", ");
                let list = builtin(sheet, "list");
                sheet.replace(
                    call.range(),
                    format!("{list}({}.map({arguments}))", self.pool(sheet)),
                );
            }
            "starmap" => {
                let [function, rows, ..] = &*call.arguments.args else {
                    return Err(refused);
                };
                let (list, zip) = (builtin(sheet, "list"), builtin(sheet, "zip"));
                let (function, rows) = (sheet.file.slice(function), sheet.file.slice(rows));
                let text = format!(
                    "{list}({}.map({function}, *{zip}(*{rows})))",
                    self.pool(sheet)
                );
                sheet.replace(call.range(), text);
            }
            "apply" | "apply_async" => self.submitted(sheet, call, refused)?,
            _ => return Err(refused),
        }
        Ok(())
    }

    /// `apply(f, (a, b), {"k": c})` as `submit(f, a, b, k=c)`.
    fn submitted(
        &self,
        sheet: &mut Sheet<'_>,
        call: &ExprCall,
        refused: String,
    ) -> Result<(), String> {
        let has = |word: &str| has_keyword(call, word);
        if has("callback") || has("error_callback") || has("kwds") || has("args") {
            return Err(refused);
        }
        let [function, rest @ ..] = &*call.arguments.args else {
            return Err(refused);
        };
        let mut all = vec![sheet.file.slice(function).to_owned()];
        all.extend(match rest {
            [] => Vec::new(),
            [args] => Arguments::apart(sheet, Some(args), None).texts(),
            [args, kwds] => Arguments::apart(sheet, Some(args), Some(kwds)).texts(),
            _ => return Err(refused),
        });
        let mut text = format!("{}.submit({})", self.pool(sheet), all.join(", "));
        match self.word() {
            "apply" => text.push_str(".result()"),
            _ => handles(sheet, call, "get", "result")?,
        }
        sheet.replace(call.range(), text);
        Ok(())
    }

    /// For a pool.
    pub(super) fn to_pool(&self, sheet: &mut Sheet<'_>) -> Result<(), String> {
        let refused = self.refused(sheet);
        let Some(call) = self.call else {
            return Err(refused);
        };
        match (self.word(), &*call.arguments.args) {
            ("map", [_, _]) if !has_keyword(call, "timeout") => {
                // A pool that is closed stops what nobody waits for.
                let tree = &sheet.view.tree;
                let outer = tree.parent(Tree::id(call)).map(|id| tree.node(id));
                if !matches!(outer, Some(AnyNodeRef::StmtExpr(_))) {
                    self.rename(sheet, "imap");
                }
            }
            ("map", [_, _, ..]) => {
                let line = sheet.file.line(call.start());
                return Err(format!(
                    "map (line {line}) goes through several iterables at once, and the one of a pool through one: give \
                     it tuples, with `starmap`"
                ));
            }
            ("submit", [_, ..]) => self.applied(sheet, call)?,
            ("shutdown", _) => {
                let (name, indent) = (self.pool(sheet), sheet.indent_at(call.start()));
                sheet.replace(
                    call.range(),
                    format!("{name}.close()\n{indent}{name}.join()"),
                );
            }
            _ => return Err(refused),
        }
        Ok(())
    }

    /// `submit(f, a, b, k=c)` as `apply_async(f, (a, b), {"k": c})`.
    fn applied(&self, sheet: &mut Sheet<'_>, call: &ExprCall) -> Result<(), String> {
        let (function, arguments) = Arguments::of(sheet, call).split_first();
        let mut all = vec![function];
        if !arguments.is_empty() {
            all.push(arguments.tuple());
        }
        all.extend(arguments.dict());
        let text = format!("{}.apply_async({})", self.pool(sheet), all.join(", "));
        handles(sheet, call, "result", "get")?;
        sheet.replace(call.range(), text);
        Ok(())
    }
}

fn has_keyword(call: &ExprCall, word: &str) -> bool {
    let mut all = call.arguments.keywords.iter();
    all.any(|one| one.arg.as_ref().is_some_and(|name| name.as_str() == word))
}

fn drop_statement(sheet: &mut Sheet<'_>, call: &ExprCall) -> Option<()> {
    let id = sheet.statement(Tree::id(call))?;
    let stmt = crate::loops::find_statement(sheet, id)?;
    let Stmt::Expr(one) = stmt else {
        return None;
    };
    let start = sheet.file.line_start(sheet.file.line(one.start()));
    let end = sheet.file.line_start(sheet.file.line(one.end()) + 1);
    sheet.replace(TextRange::new(start, end), "");
    Some(())
}

/// Renames the method that waits for a handle, wherever handles of this call go: directly, or by a name or a
/// list that nothing else is put into.
fn handles(sheet: &mut Sheet<'_>, call: &ExprCall, from: &str, to: &str) -> Result<(), String> {
    let tree = &sheet.view.tree;
    for outer in tree.ancestors(Tree::id(call)) {
        match tree.node(outer) {
            AnyNodeRef::ExprAttribute(attribute) if attribute.attr.as_str() == from => {
                let range = attribute.attr.range();
                sheet.replace(range, to);
                return Ok(());
            }
            node if node.is_statement() => break,
            _ => {}
        }
    }
    // Every wait in the file that is left: the pool's handles are the only ones there are, if there is one pool.
    let mut renamed = Vec::new();
    for id in tree.within(NodeId(0)) {
        if let AnyNodeRef::ExprCall(wait) = tree.node(id)
            && let Expr::Attribute(attribute) = &*wait.func
            && attribute.attr.as_str() == from
            && wait.arguments.args.is_empty()
        {
            renamed.push(attribute.attr.range());
        }
    }
    if renamed.is_empty() {
        return Err(format!(
            "where the handles of line {} are waited for was not found",
            sheet.file.line(call.start())
        ));
    }
    for range in renamed {
        if !sheet
            .edits
            .iter()
            .any(|edit| edit.start == u32::from(range.start()))
        {
            sheet.replace(range, to);
        }
    }
    Ok(())
}
