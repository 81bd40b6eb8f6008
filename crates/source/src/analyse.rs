//! From the loaded files to what the source says.

use crate::crossing::Stale;
use crate::existing::existing;
use crate::facts::Facts;
use crate::imported::import_facts;
use crate::load::{Loaded, ModId};
use crate::program::{Code, Program, last_name};
use crate::runs::run_sites;
use crate::sites::loop_sites;
use crate::trace::{Act, Cell, Trace};
use crate::value::{Base, FuncId, Kind, Sym, Value};
use crate::walk::Walker;
use rightlane_facts::{ExistingConcurrency, ProgramSource, Site};
use ruff_python_ast::{Expr, Stmt};
use ruff_text_size::{Ranged, TextRange};
use std::collections::BTreeSet;

/// Says all that the source says.
pub(crate) fn analyse(loaded: Loaded) -> ProgramSource {
    let program = Program::new(&loaded);
    let mut facts = Facts::gather(&program);
    let traces: Vec<Trace<'_>> = ids(&program)
        .map(|id| Walker::new(&program, &mut facts, id, true).run())
        .collect();
    let stale = stale(&program, &traces);
    let mut sites = Vec::new();
    let mut found: Vec<ExistingConcurrency> = Vec::new();
    for (id, trace) in ids(&program).zip(&traces) {
        let mut of_function = loop_sites(&program, &mut facts, &stale, id, trace);
        of_function.extend(run_sites(&program, &mut facts, &stale, id, trace));
        let file = program.function(id).module;
        sites.push((file, of_function));
        found.extend(concurrency(&program, id, trace));
    }
    let uses_async = program.functions.iter().any(|function| function.is_async)
        || traces.iter().any(starts_event_loop);
    let main_guard = loaded
        .modules
        .first()
        .is_some_and(|module| main_guard(&module.body).is_some());
    found.sort_by(|a, b| (&a.place, &a.api).cmp(&(&b.place, &b.api)));
    ProgramSource {
        files: loaded
            .modules
            .iter()
            .map(|module| module.absolute.clone())
            .collect(),
        sites: in_order(sites),
        existing: found,
        main_guard,
        imports: loaded.imports.iter().cloned().collect(),
        import_facts: import_facts(&loaded),
        uses_async,
        doubts: loaded.doubts.clone(),
    }
}

fn ids(program: &Program<'_>) -> impl Iterator<Item = FuncId> + use<> {
    (0..program.functions.len()).filter_map(|at| u32::try_from(at).ok().map(FuncId))
}

/// Sites in file and line order, numbered, with parents by the new numbers.
fn in_order(functions: Vec<(ModId, Vec<Site>)>) -> Vec<Site> {
    let mut all: Vec<(ModId, usize, Site)> = Vec::new();
    for (group, (module, sites)) in functions.into_iter().enumerate() {
        all.extend(sites.into_iter().map(|site| (module, group, site)));
    }
    all.sort_by_key(|(module, group, site)| {
        (
            *module,
            site.span.line,
            site.span.column,
            std::cmp::Reverse((site.span.end_line, site.span.end_column)),
            *group,
        )
    });
    let number = |group: usize, id: u32| {
        let is_loop = |site: &Site| site.kind != rightlane_facts::SiteKind::Run;
        all.iter()
            .position(|(_, held, site)| *held == group && site.id == id && is_loop(site))
    };
    let parents: Vec<Option<u32>> = all
        .iter()
        .map(|(_, group, site)| {
            site.parent
                .and_then(|parent| number(*group, parent))
                .and_then(|at| u32::try_from(at).ok())
        })
        .collect();
    let numbered = all.into_iter().zip(parents).enumerate();
    numbered
        .map(|(at, ((_, _, mut site), parent))| {
            site.id = u32::try_from(at).unwrap_or(u32::MAX);
            site.parent = parent;
            site
        })
        .collect()
}

/// Module-level names that functions, or the guarded main part, change after the import.
fn stale(program: &Program<'_>, traces: &[Trace<'_>]) -> Stale {
    let mut names: Stale = BTreeSet::new();
    for (id, trace) in ids(program).zip(traces) {
        let function = program.function(id);
        let is_module = matches!(function.code, Code::Module(_));
        let guard = program.module(function.module).body.as_slice();
        let guarded = main_guard(guard);
        for event in &trace.events {
            let of_body = is_module && event.module == function.module;
            let at_import = of_body
                && !guarded
                    .is_some_and(|range| in_lines(program, function.module, range, event.line));
            match &event.act {
                Act::WriteCell {
                    cell: Cell::Global(module, name),
                    ..
                } if !at_import => {
                    names.insert((module.0, name.to_string()));
                }
                Act::Change { path, .. } if !is_module => {
                    if let Base::Global(module, name) = &path.base {
                        names.insert((module.0, name.to_string()));
                    }
                }
                _ => {}
            }
        }
    }
    names
}

fn in_lines(program: &Program<'_>, module: ModId, range: TextRange, line: u32) -> bool {
    program.module(module).text.span(range).holds_line(line)
}

/// The `if __name__ == "__main__":` of a module.
pub(crate) fn main_guard(body: &[Stmt]) -> Option<TextRange> {
    body.iter().find_map(|stmt| {
        let Stmt::If(stmt) = stmt else { return None };
        let Expr::Compare(test) = &*stmt.test else {
            return None;
        };
        let mut sides = std::iter::once(&*test.left).chain(&test.comparators);
        let names = sides.clone().any(|side| {
            side.as_name_expr()
                .is_some_and(|name| name.id == "__name__")
        });
        let main = sides.any(|side| {
            side.as_string_literal_expr()
                .is_some_and(|text| text.value.to_str() == "__main__")
        });
        (names && main).then(|| stmt.range())
    })
}

fn concurrency(program: &Program<'_>, id: FuncId, trace: &Trace<'_>) -> Vec<ExistingConcurrency> {
    let module = program.function(id).module;
    let thread_class = |callee: &Value| {
        callee.kinds.iter().find_map(|kind| match kind {
            Kind::Class(class) => thread_base(program, *class),
            _ => None,
        })
    };
    trace
        .calls
        .iter()
        .filter_map(|call| existing(program, module, call, &thread_class))
        .collect()
}

/// `threading.Thread` or the like if the class derives from it, by the base's name.
fn thread_base(program: &Program<'_>, class: crate::value::ClassId) -> Option<Sym> {
    let node = program.class(class).node;
    node.arguments
        .iter()
        .flat_map(|arguments| &arguments.args)
        .find_map(|base| match last_name(base) {
            Some("Thread") => Some(Sym::new("threading.Thread")),
            Some("Process") => Some(Sym::new("multiprocessing.Process")),
            _ => None,
        })
}

fn starts_event_loop(trace: &Trace<'_>) -> bool {
    trace
        .calls
        .iter()
        .flat_map(|call| &call.callee.kinds)
        .any(|kind| match kind {
            Kind::ExtName(name) => matches!(
                name.as_str(),
                "asyncio.run"
                    | "asyncio.get_event_loop"
                    | "asyncio.new_event_loop"
                    | "trio.run"
                    | "anyio.run"
                    | "uvloop.run"
            ),
            _ => false,
        })
}
