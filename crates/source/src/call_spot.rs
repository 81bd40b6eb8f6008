//! A call that could be the task, in the vocabulary of the facts.

use crate::callee::is_already_concurrent;
use crate::crossing::{Stale, of_call};
use crate::effects::effects;
use crate::existing::arguments;
use crate::facts::Facts;
use crate::independence::{
    LoopView, ResultFlow, Split, ask, drawn_in_order, keeps_time, may_stop, of_while,
};
use crate::nature::Asked;
use crate::program::Program;
use crate::result_use::result_use;
use crate::sockets::socket_use;
use crate::text::SourceText;
use crate::trace::{CallInfo, CallNode, LoopNode};
use crate::value::{Kind, Source, Value};
use rightlane_facts::{Answer, CallSpot, Carrier, Independence, Place};
use ruff_python_ast::Expr;
use ruff_text_size::{Ranged, TextRange};

/// The range of the call expression; of `map(f, …)`, of the function argument.
pub(crate) fn call_range(call: &CallInfo<'_>) -> TextRange {
    match call.node {
        CallNode::Call(call) => call.range(),
        CallNode::MapFunction { function, .. } => function.range(),
    }
}

/// All that is said of one call in a loop.
pub(crate) fn call_spot(
    view: &LoopView<'_, '_>,
    facts: &mut Facts,
    stale: &Stale,
    call: &CallInfo<'_>,
) -> CallSpot {
    let module = view.program.function(view.function).module;
    let text = &view.program.module(module).text;
    let range = call_range(call);
    let external = external_name(&call.callee);
    let asked = Asked {
        view,
        external: external.as_deref(),
        events: call.body.clone(),
        here: Place {
            file: view.program.module(module).shown.clone(),
            line: text.line(range.start()),
        },
    };
    CallSpot {
        blocks: asked.blocks(),
        releases_gil: asked.releases_gil(),
        span: text.span(range),
        name: callee_text(text, call),
        text: text.dedented(range),
        arguments: match call.node {
            CallNode::Call(node) => arguments(text, node),
            CallNode::MapFunction { .. } => Vec::new(),
        },
        target: target(view.program, &call.callee),
        external,
        awaited: call.awaited,
        uses_target: uses_target(view, call),
        independence: independence(view, call),
        effects: effects(view, call.body.clone()),
        crossing: of_call(view, facts, stale, call),
        result: result_use(text, view.trace, Some(view.info), call),
        sockets: socket_use(view, call.body.clone()),
    }
}

fn independence(view: &LoopView<'_, '_>, call: &CallInfo<'_>) -> Independence {
    if is_already_concurrent(&call.callee) {
        return already_concurrent(view, call);
    }
    let split = Split::new(view, call);
    let part = |at: usize| split.part(at);
    let result = ResultFlow::of(view, call, &part);
    let found = ask(view, &part, Some(result), false);
    let found = drawn_in_order(view, call, &part, found);
    let found = may_stop(view, call_range(call).end(), &part, found);
    let found = if uses_target(view, call) {
        found
    } else {
        keeps_time(view, found)
    };
    match view.info.node {
        LoopNode::While(_) => of_while(view, found),
        _ => found,
    }
}

fn already_concurrent(view: &LoopView<'_, '_>, call: &CallInfo<'_>) -> Independence {
    let source = view
        .program
        .module(view.program.function(view.function).module);
    let carrier = Carrier {
        name: callee_text(&source.text, call),
        place: Place {
            file: source.shown.clone(),
            line: source.text.line(call_range(call).start()),
        },
        why: "it hands the work to a pool, a thread or a process already, or waits for one"
            .to_owned(),
        change: None,
    };
    Independence {
        answer: Answer::Unknown,
        carriers: vec![carrier],
    }
}

/// The callee as written.
pub(crate) fn callee_text(text: &SourceText, call: &CallInfo<'_>) -> String {
    let func = match call.node {
        CallNode::Call(call) => &*call.func,
        CallNode::MapFunction { function, .. } => function,
    };
    match func {
        Expr::Lambda(_) => "<lambda>".to_owned(),
        other => text.dedented(other.range()),
    }
}

/// Where the callee is defined, if in the project.
fn target(program: &Program<'_>, callee: &Value) -> Option<Place> {
    callee.kinds.iter().find_map(|kind| {
        let (module, line) = match kind {
            Kind::Func(id) | Kind::Method(id, _) => {
                let function = program.function(*id);
                (function.module, function.line)
            }
            Kind::Class(class) => {
                let class = program.class(*class);
                (class.module, program.function(class.body).line)
            }
            Kind::Partial(inner, _) => return target(program, inner),
            _ => return None,
        };
        Some(Place {
            file: program.module(module).shown.clone(),
            line,
        })
    })
}

/// The callee's dotted name, if it comes from outside the project.
fn external_name(callee: &Value) -> Option<String> {
    callee.kinds.iter().find_map(|kind| match kind {
        Kind::ExtName(name) => Some(name.to_string()),
        Kind::Bound(receiver, method) => receiver.kinds.iter().find_map(|kind| match kind {
            Kind::Ext(of) if of.contains('.') => Some(format!("{of}.{method}")),
            _ => None,
        }),
        Kind::Partial(inner, _) => external_name(inner),
        _ => None,
    })
}

/// Whether the receiver or an argument differs from iteration to iteration.
fn uses_target(view: &LoopView<'_, '_>, call: &CallInfo<'_>) -> bool {
    let varies = |value: &Value| {
        let known: Vec<Source> = value
            .from
            .iter()
            .filter(|source| !matches!(source, Source::Unique(_) | Source::Clock(_)))
            .cloned()
            .collect();
        view.varies(&known)
    };
    call.arg_values.iter().any(varies) || varies(&call.callee)
}
