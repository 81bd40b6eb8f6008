//! From a request to an edit.

use crate::coroutines::Coroutines;
use crate::judge::judged;
use crate::lanes::lane;
use crate::native::twin;
use crate::outcome::Outcome;
use crate::request::{self, PoolRequest, Request, Rewrite, Texts};
use crate::sheet::Sheet;
use crate::{comprehensions, existing, guard, loops};
use rightlane_facts::{Family, FileEdit, ProgramSource, SiteKind, TaskPart};
use rightlane_source::syntax::ast::{AnyNodeRef, ExprCall};
use rightlane_source::syntax::{File, NodeId};

/// The edit that is asked for.
///
/// The new texts parse. Nothing outside of the site's statement, the imports, new definitions, and (where
/// processes need one) the guard of the script's start is touched.
///
/// # Errors
/// Why the program cannot be written so, as a sentence.
pub fn rewrite(request: &Request<'_>) -> Result<Rewrite, String> {
    let path = request.site.path.as_str();
    let text = request
        .texts
        .get(path)
        .ok_or_else(|| format!("the text of {path} is not known"))?;
    let file = File::parse(text.clone())?;
    let view = file.view();
    let mut sheet = Sheet::new(path, &file, &view);
    let outcome = site_edit(&mut sheet, request)?;
    let mut files = vec![sheet.finish()];
    let lane = lane(request)?;
    let mut notes = outcome.notes.clone();
    if lane.copies() && !request.source.main_guard {
        guarded(request.source, request.texts, &mut files, &mut notes)?;
    }
    let grade = judged(request, &outcome);
    checked(
        Rewrite {
            files,
            grade,
            notes,
        },
        request.texts,
    )
}

/// The edit that moves a pool of the program to another API.
///
/// # Errors
/// Why it cannot be moved, as a sentence.
pub fn rewrite_pool(request: &PoolRequest<'_>) -> Result<Rewrite, String> {
    let path = request.path;
    let text = request
        .texts
        .get(path)
        .ok_or_else(|| format!("the text of {path} is not known"))?;
    let file = File::parse(text.clone())?;
    let view = file.view();
    let mut sheet = Sheet::new(path, &file, &view);
    let outcome = existing::rewrite(&mut sheet, request.line, request.api, request.settings)?;
    let mut files = vec![sheet.finish()];
    let mut notes = outcome.notes.clone();
    let imported = matches!(request.api.family(), Family::Process | Family::Interpreter);
    if imported && !request.source.main_guard {
        guarded(request.source, request.texts, &mut files, &mut notes)?;
    }
    // Who knows what the tasks of a pool that is there already share?
    let mut grade = outcome.grade();
    if imported {
        grade = grade.and_changes(
            "tasks get copies of what they are given, and what they change stays with them",
        );
    }
    checked(
        Rewrite {
            files,
            grade,
            notes,
        },
        request.texts,
    )
}

/// The edit, if the program is still one afterwards.
fn checked(rewrite: Rewrite, texts: &Texts) -> Result<Rewrite, String> {
    for (path, text) in rewrite.texts(texts)? {
        File::parse(text).map_err(|error| {
            let name = path.rsplit(['/', '\\']).next().unwrap_or(&path);
            format!("the edit of {name} would not be Python ({error})")
        })?;
    }
    Ok(rewrite)
}

fn site_edit(sheet: &mut Sheet<'_>, request: &Request<'_>) -> Result<Outcome, String> {
    let lane = lane(request)?;
    let site = request.site;
    let id = find_site(sheet, request).ok_or("the site was not found in the text")?;
    let mut outcome = match (request.part, site.kind) {
        (TaskPart::Groups(groups), SiteKind::Run) => crate::runs::rewrite(sheet, request, groups)?,
        (_, SiteKind::Map) => comprehensions::rewrite_map(sheet, &*lane, id)?,
        (TaskPart::Call(index), kind) => {
            let spot = site.calls.get(*index).ok_or("the site has no such call")?;
            let call = find_call(sheet, sheet.file.range(&spot.span))
                .ok_or("the call was not found in the text")?;
            let coroutines = coroutines(sheet, request, call, spot.awaited)?;
            let mut outcome = match kind {
                SiteKind::For | SiteKind::While => {
                    let later = site.text.as_ref().map_or(&[][..], |text| &text.later);
                    loops::rewrite(sheet, &*lane, coroutines.as_ref(), id, call, later)?
                }
                _ => comprehensions::rewrite(sheet, &*lane, coroutines.as_ref(), id, call)?,
            };
            if let Some(twin) = coroutines.and_then(|coroutines| coroutines.twin) {
                sheet.edits.extend(twin.edits);
                for change in twin.changes {
                    outcome.changes(change);
                }
            }
            outcome
        }
        (TaskPart::Body, SiteKind::For) => match crate::bodies::whole(sheet, &*lane, id) {
            Ok(outcome) => outcome,
            Err(why) => return inner(sheet, request).unwrap_or(Err(why)),
        },
        _ => return Err("the whole body of such a site cannot be made a task".to_owned()),
    };
    outcome.extracted = sheet.extracted;
    for doubt in std::mem::take(&mut sheet.doubts) {
        outcome.changes(doubt);
    }
    sheet.place_definitions(id);
    if !request.site.in_async && request.api.family() == Family::Asyncio && has_coroutines(sheet) {
        outcome.changes(format!(
            "`asyncio.run` fails where an event loop runs already: {} must not be called from a coroutine",
            request.site.function
        ));
    }
    if request.site.in_async && request.api.family() != Family::Asyncio {
        outcome.changes("the event loop stands still while the tasks run".to_owned());
    }
    Ok(outcome)
}

/// Whether the file defines a coroutine function.
fn has_coroutines(sheet: &Sheet<'_>) -> bool {
    let tree = &sheet.view.tree;
    let is_async = |id| matches!(tree.node(id), AnyNodeRef::StmtFunctionDef(def) if def.is_async);
    tree.within(NodeId(0)).any(is_async)
}

/// The edit with the call of the loop inside this one as the task; `None` where there is no such loop.
fn inner(sheet: &mut Sheet<'_>, request: &Request<'_>) -> Option<Result<Outcome, String>> {
    let mut sites = request.source.sites.iter();
    let site =
        sites.find(|site| site.parent == Some(request.site.id) && site.kind == SiteKind::For)?;
    let part = TaskPart::Call(site.callee?);
    Some(site_edit(
        sheet,
        &Request {
            site,
            part: &part,
            ..*request
        },
    ))
}

/// Coroutines, where the API is one of asyncio's and they do not run in threads.
fn coroutines(
    sheet: &Sheet<'_>,
    request: &Request<'_>,
    call: &ExprCall,
    awaited: bool,
) -> Result<Option<Coroutines>, String> {
    if request.api.family() != Family::Asyncio {
        return match awaited {
            true => Err("the call is awaited: its task is a coroutine already".to_owned()),
            false => Ok(None),
        };
    }
    let limit = request.settings.limit.or(request.settings.workers);
    match request.coroutines {
        _ if awaited => Ok(Some(Coroutines { limit, twin: None })),
        request::Coroutines::ToThread => Ok(None),
        request::Coroutines::Native(_) if request.site.in_async => {
            Err("the blocking call stands in a coroutine function: that whole function would have to change".to_owned())
        }
        request::Coroutines::Native(libraries) => {
            let twin = twin(sheet.file, sheet.view, call, libraries)?;
            Ok(Some(Coroutines { limit, twin: Some(twin) }))
        }
    }
}

fn find_site(sheet: &Sheet<'_>, request: &Request<'_>) -> Option<NodeId> {
    let range = sheet.file.range(&request.site.span);
    let kind = request.site.kind;
    sheet
        .find(range, |node| {
            matches!(
                (kind, node),
                (SiteKind::For, AnyNodeRef::StmtFor(_))
                    | (SiteKind::While, AnyNodeRef::StmtWhile(_))
                    | (SiteKind::ListComprehension, AnyNodeRef::ExprListComp(_))
                    | (SiteKind::SetComprehension, AnyNodeRef::ExprSetComp(_))
                    | (SiteKind::DictComprehension, AnyNodeRef::ExprDictComp(_))
                    | (SiteKind::GeneratorExpression, AnyNodeRef::ExprGenerator(_))
                    | (SiteKind::Map, AnyNodeRef::ExprCall(_))
            )
        })
        .or_else(|| first_member(sheet, request))
}

/// Of a run of calls: its first statement.
fn first_member(sheet: &Sheet<'_>, request: &Request<'_>) -> Option<NodeId> {
    let first = request.site.members.first()?;
    sheet.find(sheet.file.range(&first.span), AnyNodeRef::is_statement)
}

fn find_call<'a>(
    sheet: &Sheet<'a>,
    range: rightlane_source::syntax::TextRange,
) -> Option<&'a ExprCall> {
    let id = sheet.find(range, |node| matches!(node, AnyNodeRef::ExprCall(_)))?;
    match sheet.view.tree.node(id) {
        AnyNodeRef::ExprCall(call) => Some(call),
        _ => None,
    }
}

/// Gives the script a guard: worker processes that are started anew import it.
fn guarded(
    source: &ProgramSource,
    texts: &Texts,
    files: &mut Vec<FileEdit>,
    notes: &mut Vec<String>,
) -> Result<(), String> {
    let Some(script) = source.files.first() else {
        return Ok(());
    };
    let before = texts
        .get(script)
        .ok_or_else(|| format!("the text of {script} is not known"))?;
    let edited = files.iter().position(|file| file.path == *script);
    let now = match edited {
        Some(at) => crate::apply(before, &files[at].edits)?,
        None => before.clone(),
    };
    let guarded = guard::guard(&now)?;
    let guarded = match now.contains("\r\n") {
        true => guarded.replace("\r\n", "\n").replace('\n', "\r\n"),
        false => guarded,
    };
    if guarded == now {
        return Ok(());
    }
    notes.push(
        "worker processes may import the script: what only the first process does stands behind \
         `if __name__ == \"__main__\"`"
            .to_owned(),
    );
    let edit = FileEdit {
        path: script.clone(),
        edits: guard::difference(before, &guarded),
    };
    match edited {
        Some(at) => files[at] = edit,
        None => files.push(edit),
    }
    Ok(())
}
