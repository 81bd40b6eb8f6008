//! The text of one twin: the original's, with what blocks replaced.

use super::Writer;
use crate::native::change::Change;
use crate::native::draft::Draft;
use crate::native::names::{Kind, Names, is_static};
use crate::native::place::lines_of;
use crate::native::plan::{Function, Step};
use rightlane_source::syntax::ast::{AnyNodeRef, Expr, ExprCall};
use rightlane_source::syntax::{NodeId, Ranged, TextRange, TextSize, Tree};

impl<'a> Writer<'_, '_, 'a> {
    /// The text of a twin, with all of its lines.
    pub(super) fn twin_text(&self, function: &Function<'a>) -> String {
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
        let head = TextRange::new(after, def.name.start());
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
            let func = self.with_helper_names(func);
            draft.instead(call.func.range(), filled(&func));
        }
        for (argument, name) in call.arguments.args.iter().zip(change.keywords) {
            if !name.is_empty() {
                draft.before(argument.start(), format!("{name}="));
            }
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
                AnyNodeRef::StmtFor(each) if self.is_read_waiting(&each.iter) => {
                    draft.before(each.start(), "async ");
                }
                AnyNodeRef::Comprehension(each) if self.is_read_waiting(&each.iter) => {
                    draft.before(each.start(), "async ");
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

    /// Whether a loop over it waits for what comes.
    fn is_read_waiting(&self, expr: &'a Expr) -> bool {
        const KINDS: [&str; 2] = ["socket.socket.makefile", "psycopg.Cursor"];
        matches!(self.names.kind(expr), Some(Kind::Made(made)) if KINDS.contains(&made.as_str()))
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
            let rest = TextRange::new(last.end(), end);
            names.file.slice(rest).contains(',')
        });
        let comma = if has_comma { "" } else { ", " };
        draft.before(end - TextSize::new(1), format!("{comma}{tail}"));
    }
}
