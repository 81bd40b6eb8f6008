//! The text of the twins.

use super::Twin;
use super::change::{Change, Helper};
use super::draft::Draft;
use super::names::{Kind, Names, is_static};
use super::place::{Taken, is_top_level, line_end, lines_of, module_statement};
use super::plan::{Entry, Function, Plan, Step};
use super::table;
use rightlane_facts::Edit;
use rightlane_source::syntax::ast::{AnyNodeRef, ExceptHandler, Expr, ExprCall, Stmt};
use rightlane_source::syntax::{Binding, NodeId, Ranged, ScopeId, TextSize, Tree};
use std::collections::BTreeMap;

/// What is chosen once for all twins of a plan.
struct Writer<'w, 'v, 'a> {
    names: &'w Names<'v, 'a>,
    plan: &'w Plan<'a>,
    /// The names of the twins.
    twins: BTreeMap<NodeId, String>,
    client: String,
}

/// Writes all twins of a plan.
pub(super) fn write(names: &Names<'_, '_>, plan: &Plan<'_>) -> Result<Twin, String> {
    let taken = Taken::of(names);
    let name = |(id, function): (NodeId, &Function<'_>)| {
        (id, taken.free(&format!("{}_async", function.def.name)))
    };
    let writer = Writer {
        names,
        plan,
        twins: plan.written().map(name).collect(),
        client: taken.free("client"),
    };
    for helper in writer.helpers() {
        if taken.free(helper.name) != helper.name {
            return Err(format!("the name `{}` is taken", helper.name));
        }
    }
    let mut twin = writer.call()?;
    twin.edits = writer.edits();
    twin.imports = writer.imports();
    twin.changes = changes(names, plan);
    if let Some(client) = plan.client() {
        twin.contexts
            .push((writer.client.clone(), table::context(client).to_owned()));
    }
    Ok(twin)
}

impl<'a> Writer<'_, '_, 'a> {
    /// What stands instead of the call.
    fn call(&self) -> Result<Twin, String> {
        let (name, lead, tail, attribute) = match &self.plan.entry {
            Entry::Own(call, id) => {
                let name = self.twins.get(id).ok_or("it has no twin")?;
                let needs = self
                    .plan
                    .functions
                    .get(id)
                    .is_some_and(|called| called.client);
                let lead = needs.then(|| self.client.clone()).into_iter().collect();
                (self.renamed(call, name), lead, None, "")
            }
            Entry::Row(call, change) => {
                let line = self.names.line(*call);
                if change.is_plain || change.func.is_none() {
                    return Err(format!("the call only makes what is waited for ({line})"));
                }
                let owner = |text: &str| text.replace("{owner}", &self.owner(call, None));
                let mut lead: Vec<String> = change.lead.iter().map(|text| owner(text)).collect();
                if call.arguments.args.len() > 1 && !change.keywords.is_empty() {
                    return Err(format!("only the address may be positional ({line})"));
                }
                let func = change.func.clone().unwrap_or_default();
                if change.client.is_some() && !func.contains("{client}") {
                    lead.insert(0, self.client.clone());
                }
                let func = func.replace("{client}", &self.client);
                (
                    func,
                    lead,
                    change.tail.as_deref().map(owner),
                    change.attribute,
                )
            }
        };
        Ok(Twin {
            name,
            lead,
            tail,
            attribute: attribute.to_owned(),
            edits: Vec::new(),
            imports: Vec::new(),
            contexts: Vec::new(),
            changes: Vec::new(),
        })
    }

    /// What is called, with the twin's name.
    fn renamed(&self, call: &ExprCall, name: &str) -> String {
        match &*call.func {
            Expr::Attribute(attribute) => {
                format!("{}.{name}", self.names.file.slice(&*attribute.value))
            }
            _ => name.to_owned(),
        }
    }

    fn owner(&self, call: &ExprCall, draft: Option<&Draft<'_>>) -> String {
        match &*call.func {
            Expr::Attribute(attribute) => {
                let range = attribute.value.range();
                draft.map_or_else(
                    || self.names.file.slice(range).to_owned(),
                    |draft| draft.render(range),
                )
            }
            _ => String::new(),
        }
    }

    /// All helpers, each once.
    fn helpers(&self) -> Vec<&'static Helper> {
        let mut helpers: Vec<&'static Helper> = Vec::new();
        for helper in self.plan.changes().flat_map(|change| &change.helpers) {
            if !helpers.contains(helper) {
                helpers.push(helper);
            }
        }
        helpers
    }

    fn edits(&self) -> Vec<Edit> {
        let written = self.plan.written();
        let texts: Vec<(&Function<'a>, String)> = written
            .map(|(_, function)| (function, self.twin_text(function)))
            .collect();
        let mut edits = Vec::new();
        let added = |function: &Function<'_>, gap: &str, text: &str| {
            let end = lines_of(self.names, function.def).end();
            insertion(end, format!("{gap}{text}"))
        };
        let is_top = |function: &Function<'_>| is_top_level(self.names, function.def);
        // What stands deeper comes first where several end at one place.
        for (function, text) in texts.iter().rev().filter(|(function, _)| !is_top(function)) {
            edits.push(added(function, "\n\n", text));
        }
        let all: String = texts.iter().map(|(_, text)| text.as_str()).collect();
        edits.extend(self.helper_edit(&all));
        for (function, text) in texts.iter().filter(|(function, _)| is_top(function)) {
            edits.push(added(function, "\n\n\n", text));
        }
        if self.names.file.text().contains("\r\n") {
            for edit in &mut edits {
                edit.text = edit.text.replace("\r\n", "\n").replace('\n', "\r\n");
            }
        }
        edits.sort_by_key(|edit| edit.start);
        edits
    }

    /// The helpers, before the first twin of a function of the module.
    fn helper_edit(&self, twins: &str) -> Option<Edit> {
        let helpers = self.helpers();
        let texts = helpers
            .iter()
            .map(|helper| trimmed(helper, twins).trim_end().to_owned());
        let texts: Vec<String> = texts.collect();
        let text = texts.join("\n\n\n");
        if text.is_empty() {
            return None;
        }
        match (self.plan.twins.first(), &self.plan.entry) {
            (Some(first), _) => {
                let end = module_statement(self.names, *first).end();
                let end = line_end(self.names, end);
                Some(insertion(end, format!("\n\n\n{text}")))
            }
            (None, Entry::Row(call, _)) => {
                let start = module_statement(self.names, Tree::id(*call)).start();
                Some(insertion(start, format!("{text}\n\n\n")))
            }
            (None, Entry::Own(..)) => None,
        }
    }

    fn twin_text(&self, function: &Function<'a>) -> String {
        let mut draft = Draft::new(self.names.file);
        self.write_head(function, &mut draft);
        // From the inside to the outside.
        for step in function.steps.iter().rev() {
            match step {
                Step::Row(call, Ok(change)) => self.write_row(call, change, &mut draft),
                Step::Own(call, id) => self.write_own(call, *id, &mut draft),
                _ => {}
            }
        }
        self.write_loops(function, &mut draft);
        draft.render(lines_of(self.names, function.def))
    }

    fn write_head(&self, function: &Function<'a>, draft: &mut Draft<'_>) {
        let def = function.def;
        let after = def.decorator_list.last().map_or(def.start(), Ranged::end);
        let head = rightlane_source::syntax::TextRange::new(after, def.name.start());
        let at = self.names.file.slice(head).rfind("def").unwrap_or(0);
        draft.before(after + TextSize::try_from(at).unwrap_or_default(), "async ");
        if let Some(name) = self.twins.get(&Tree::id(def)) {
            draft.instead(def.name.range(), name.as_str());
        }
        if !function.client {
            return;
        }
        let client = &self.client;
        let is_method = self.names.class_around(def).is_some() && !is_static(def);
        match def.parameters.iter().next() {
            Some(first) if is_method => draft.behind(first.end(), format!(", {client}")),
            Some(_) => {
                draft.behind(
                    def.parameters.start() + TextSize::new(1),
                    format!("{client}, "),
                );
            }
            None => draft.behind(def.parameters.start() + TextSize::new(1), client.as_str()),
        }
    }

    fn write_own(&self, call: &'a ExprCall, id: NodeId, draft: &mut Draft<'_>) {
        let Some(name) = self.twins.get(&id) else {
            return;
        };
        let func = match &*call.func {
            Expr::Attribute(attribute) => {
                format!("{}.{name}", draft.render(attribute.value.range()))
            }
            _ => name.clone(),
        };
        let needs = self
            .plan
            .functions
            .get(&id)
            .is_some_and(|called| called.client);
        let lead: Vec<String> = needs.then(|| self.client.clone()).into_iter().collect();
        draft.instead(call.func.range(), func);
        add_arguments(call, &lead, None, self.names, draft);
        self.awaited(call, "", draft);
    }

    fn write_row(&self, call: &'a ExprCall, change: &Change, draft: &mut Draft<'_>) {
        let owner = self.owner(call, Some(draft));
        let filled = |text: &str| {
            text.replace("{owner}", &owner)
                .replace("{client}", &self.client)
        };
        let mut lead: Vec<String> = change.lead.iter().map(|text| filled(text)).collect();
        let is_method = change
            .func
            .as_ref()
            .is_some_and(|func| func.contains("{client}"));
        if change.client.is_some() && !is_method {
            lead.insert(0, self.client.clone());
        }
        if let Some(func) = &change.func {
            draft.instead(call.func.range(), filled(func));
        }
        // The first argument is the address; the others get the names that they have in the old call.
        let others = call.arguments.args.iter().skip(1);
        for (argument, name) in others.zip(change.keywords) {
            draft.before(argument.start(), format!("{name}="));
        }
        let tail = change.tail.as_deref().map(filled);
        add_arguments(call, &lead, tail.as_deref(), self.names, draft);
        if !change.is_plain {
            self.awaited(call, change.attribute, draft);
        }
        if change.is_context {
            let around = self.names.view.tree.ancestors(Tree::id(call)).take(2);
            for id in around {
                if let AnyNodeRef::StmtWith(with) = self.names.view.tree.node(id) {
                    draft.before(with.start(), "async ");
                }
            }
        }
    }

    /// Puts `await` before a call, in parentheses where something follows it.
    fn awaited(&self, call: &'a ExprCall, attribute: &str, draft: &mut Draft<'_>) {
        let parent = self.names.view.tree.parent(Tree::id(call));
        let follows = match parent.map(|id| self.names.view.tree.node(id)) {
            Some(AnyNodeRef::ExprAttribute(_)) => true,
            Some(AnyNodeRef::ExprSubscript(outer)) => outer.value.range() == call.range(),
            Some(AnyNodeRef::ExprCall(outer)) => outer.func.range() == call.range(),
            // Nobody looks at it.
            Some(AnyNodeRef::StmtExpr(_)) => return draft.before(call.start(), "await "),
            _ => false,
        };
        if follows || !attribute.is_empty() {
            draft.before(call.start(), "(await ");
            draft.behind(call.end(), format!("){attribute}"));
        } else {
            draft.before(call.start(), "await ");
        }
    }

    /// Loops over what is awaited, and generators that become lists.
    fn write_loops(&self, function: &Function<'a>, draft: &mut Draft<'_>) {
        for node in self.names.within(Tree::id(function.def)) {
            match node {
                AnyNodeRef::StmtFor(each) => {
                    if matches!(self.names.kind(&each.iter), Some(Kind::Made(made)) if made == "socket.socket.makefile")
                    {
                        draft.before(each.start(), "async ");
                    }
                }
                AnyNodeRef::ExprGenerator(generator) if self.is_awaited_in(function, node) => {
                    let (start, end) = (generator.start(), generator.end());
                    if generator.parenthesized {
                        draft.behind(start + TextSize::new(1), "[");
                        draft.before(end - TextSize::new(1), "]");
                    } else {
                        draft.before(start, "[");
                        draft.behind(end, "]");
                    }
                }
                _ => {}
            }
        }
    }

    fn is_awaited_in(&self, function: &Function<'a>, node: AnyNodeRef<'a>) -> bool {
        function.steps.iter().any(|step| match step {
            Step::Row(call, Ok(change)) => {
                !change.is_plain && node.range().contains_range(call.range())
            }
            Step::Own(call, id) => {
                self.twins.contains_key(id) && node.range().contains_range(call.range())
            }
            _ => false,
        })
    }

    /// The imports that the module does not have.
    fn imports(&self) -> Vec<String> {
        let mut modules: Vec<&str> = Vec::new();
        for change in self.plan.changes() {
            modules.extend(&change.imports);
            modules.extend(change.helpers.iter().flat_map(|helper| helper.imports));
        }
        modules.sort_unstable();
        modules.dedup();
        let has = |module: &&str| {
            let first = module.split('.').next().unwrap_or(module);
            let bound = self.names.view.scopes.bindings(ScopeId(0), first);
            bound.iter().any(|(id, binding)| {
                let is_top = self.names.view.tree.parent(*id) == Some(NodeId(0));
                is_top
                    && matches!(binding, Binding::Import { module: known, .. } if known == module)
            })
        };
        modules.retain(|module| !has(module));
        modules
            .iter()
            .map(|module| format!("import {module}"))
            .collect()
    }
}

fn insertion(place: TextSize, text: String) -> Edit {
    Edit {
        start: place.to_u32(),
        end: place.to_u32(),
        text,
    }
}

fn add_arguments(
    call: &ExprCall,
    lead: &[String],
    tail: Option<&str>,
    names: &Names<'_, '_>,
    draft: &mut Draft<'_>,
) {
    let (start, end) = (call.arguments.start(), call.arguments.end());
    let last = call.arguments.iter_source_order().last();
    if !lead.is_empty() {
        let more = if last.is_some() || tail.is_some() {
            ", "
        } else {
            ""
        };
        draft.behind(
            start + TextSize::new(1),
            format!("{}{more}", lead.join(", ")),
        );
    }
    if let Some(tail) = tail {
        let has_comma = last.is_none_or(|last| {
            let rest = rightlane_source::syntax::TextRange::new(last.end(), end);
            names.file.slice(rest).contains(',')
        });
        let comma = if has_comma { "" } else { ", " };
        draft.before(end - TextSize::new(1), format!("{comma}{tail}"));
    }
}

/// A helper without the methods that nothing calls.
fn trimmed(helper: &Helper, twins: &str) -> String {
    let is_used = |method: &str| {
        let call = format!(".{method}");
        twins.match_indices(&call).any(|(at, _)| {
            let next = twins
                .get(at + call.len()..)
                .and_then(|rest| rest.chars().next());
            next.is_none_or(|next| !next.is_alphanumeric() && next != '_')
        })
    };
    let is_kept = |chunk: &&str| {
        let mut words = chunk
            .split_whitespace()
            .skip_while(|word| *word != "def")
            .skip(1);
        let name = words
            .next()
            .and_then(|word| word.split('(').next())
            .unwrap_or("");
        !helper.optional.contains(&name) || is_used(name)
    };
    let chunks: Vec<&str> = helper.text.split("\n\n").filter(is_kept).collect();
    chunks.join("\n\n")
}

/// What may be seen to change, each sentence once.
fn changes(names: &Names<'_, '_>, plan: &Plan<'_>) -> Vec<String> {
    let mut changes: Vec<String> = Vec::new();
    let mut add = |change: String| {
        if !changes.contains(&change) {
            changes.push(change);
        }
    };
    for change in plan.changes().flat_map(|change| &change.changes) {
        add((*change).to_owned());
    }
    for (_, function) in plan.written() {
        if function
            .steps
            .iter()
            .any(|step| matches!(step, Step::Files))
        {
            add("reading and writing files blocks all tasks for as long as it takes".to_owned());
        }
        for node in names.within(Tree::id(function.def)) {
            if let AnyNodeRef::StmtTry(stmt) = node
                && let Some(handler) = stmt.handlers.iter().find(|handler| catches_all(handler))
            {
                let line = names.line(handler);
                add(format!(
                    "an except catches the cancelling of a task as well ({line})"
                ));
            }
        }
    }
    changes
}

fn catches_all(handler: &ExceptHandler) -> bool {
    let ExceptHandler::ExceptHandler(handler) = handler;
    let raises = handler.body.iter().any(Stmt::is_raise_stmt);
    let all = match handler.type_.as_deref() {
        None => true,
        Some(Expr::Name(name)) => name.id.as_str() == "BaseException",
        Some(_) => false,
    };
    all && !raises
}
