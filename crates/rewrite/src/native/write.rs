//! The text of the twins and of what is beside them.

mod changes;
mod function;
mod helpers;

use super::Twin;
use super::change::Helper;
use super::draft::Draft;
use super::names::Names;
use super::place::{is_top_level, line_end, lines_of, module_statement};
use super::plan::{Entry, Function, Plan};
use super::table;
use super::taken::Taken;
use changes::changes;
use helpers::{has, trimmed};
use rightlane_facts::Edit;
use rightlane_source::syntax::ast::{Expr, ExprCall};
use rightlane_source::syntax::{Binding, NodeId, Ranged, ScopeId, TextSize, Tree};
use std::collections::BTreeMap;

/// Most names that are tried for a twin.
const MOST_NAMES: u32 = 100;

/// What is chosen once for all twins of a plan.
pub(super) struct Writer<'w, 'v, 'a> {
    names: &'w Names<'v, 'a>,
    plan: &'w Plan<'a>,
    /// The names of the twins.
    twins: BTreeMap<NodeId, String>,
    /// The names of the helpers: (as they are written, as they are here).
    helpers: Vec<(&'static str, String)>,
    client: String,
}

/// Writes all twins of a plan.
pub(super) fn write(names: &Names<'_, '_>, plan: &Plan<'_>) -> Result<Twin, String> {
    let writer = Writer::new(names, plan);
    let mut twin = writer.call()?;
    twin.edits = writer.edits();
    let texts = plan
        .written()
        .map(|(_, function)| writer.twin_text(function));
    twin.imports = writer.imports(&texts.collect::<String>());
    twin.changes = changes(names, plan);
    if let Some(client) = plan.client() {
        twin.contexts
            .push((writer.client.clone(), table::context(client).to_owned()));
    }
    Ok(twin)
}

impl<'w, 'v, 'a> Writer<'w, 'v, 'a> {
    fn new(names: &'w Names<'v, 'a>, plan: &'w Plan<'a>) -> Self {
        let helpers = plan.helpers();
        let as_written = |helper: &&'static Helper| (helper.name, helper.name.to_owned());
        let mut writer = Self {
            names,
            plan,
            twins: BTreeMap::new(),
            helpers: helpers.iter().map(as_written).collect(),
            client: Taken::of_twins(names, plan).free("client"),
        };
        let mut taken = Taken::of_file(names);
        writer.name_twins(1, &taken);
        let twins = plan.written();
        let twins: String = twins
            .map(|(_, function)| writer.twin_text(function))
            .collect();
        writer.name_helpers(&twins, &taken);
        for helper in helpers {
            taken.insert(helper.name);
        }
        // Another site may have got the same twins before.
        let fits = |writer: &Self| {
            plan.written().all(|(id, function)| {
                let name = writer.twins.get(&id);
                name.is_some_and(|name| !taken.contains(name))
                    || has(names.file, &writer.twin_text(function))
            })
        };
        for number in 1..MOST_NAMES {
            writer.name_twins(number, &taken);
            if fits(&writer) {
                break;
            }
        }
        writer
    }

    /// Gives each twin its name, with a number where the plain one is taken.
    fn name_twins(&mut self, number: u32, taken: &Taken<'_>) {
        for (id, function) in self.plan.written() {
            let plain = format!("{}_async", function.def.name);
            let is_numbered = number > 1 && taken.contains(&plain);
            let name = if is_numbered {
                format!("{plain}{number}")
            } else {
                plain
            };
            self.twins.insert(id, name);
        }
    }

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
                let func = self.with_helper_names(change.func.as_deref().unwrap_or_default());
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

    fn edits(&self) -> Vec<Edit> {
        let written = self.plan.written();
        let texts: Vec<(&Function<'a>, String)> = written
            .map(|(_, function)| (function, self.twin_text(function)))
            .collect();
        let all: String = texts.iter().map(|(_, text)| text.as_str()).collect();
        let is_new = |text: &str| !has(self.names.file, text);
        let mut edits = Vec::new();
        let added = |function: &Function<'_>, gap: &str, text: &str| {
            let end = lines_of(self.names, function.def).end();
            insertion(end, format!("{gap}{text}"))
        };
        let is_top = |function: &Function<'_>| is_top_level(self.names, function.def);
        // What stands deeper comes first where several end at one place.
        for (function, text) in texts
            .iter()
            .rev()
            .filter(|(function, text)| !is_top(function) && is_new(text))
        {
            edits.push(added(function, "\n\n", text));
        }
        edits.extend(self.helper_edit(&all));
        for (function, text) in texts
            .iter()
            .filter(|(function, text)| is_top(function) && is_new(text))
        {
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
        let text = self.helper_texts(twins).join("\n\n\n");
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

    /// The imports that the module does not have.
    fn imports(&self, twins: &str) -> Vec<String> {
        let mut modules: Vec<&str> = Vec::new();
        for change in self.plan.changes() {
            modules.extend(&change.imports);
        }
        // Of a definition that is there in part: what that part names.
        let context = self.plan.client().map_or("", table::context);
        for helper in self.plan.helpers() {
            let named = |module: &&&str| {
                let text = trimmed(helper, twins);
                text.contains(&format!("{module}.")) || context.contains(&format!("{module}."))
            };
            modules.extend(helper.imports.iter().filter(named));
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
