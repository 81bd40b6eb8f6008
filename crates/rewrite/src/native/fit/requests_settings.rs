//! Settings of requests' sessions and urllib's openers that another library would not know.

use crate::native::names::Names;
use crate::native::plan::Plan;
use rightlane_source::syntax::NodeId;
use rightlane_source::syntax::ast::{AnyNodeRef, Expr};

/// Refuses files that change what a request does for all of them.
pub(super) fn check(names: &Names<'_, '_>, plan: &Plan<'_>) -> Result<(), String> {
    if plan.client().is_none() {
        return Ok(());
    }
    for node in names.within(NodeId(0)) {
        let setting = match node {
            AnyNodeRef::StmtAssign(assign) => assign.targets.iter().find_map(attribute),
            AnyNodeRef::ExprCall(call) => {
                let installs =
                    names.dotted(&call.func).as_deref() == Some("urllib.request.install_opener");
                let mounts = attribute(&call.func).filter(|name| *name == "mount");
                installs.then_some("install_opener").or(mounts)
            }
            _ => None,
        };
        const SETTINGS: &[&str] = &[
            "verify",
            "proxies",
            "cert",
            "hooks",
            "trust_env",
            "max_redirects",
            "mount",
            "install_opener",
        ];
        if let Some(setting) = setting.filter(|setting| SETTINGS.contains(setting)) {
            let line = names.line(node);
            return Err(format!(
                "what `{setting}` says of all requests would be lost ({line})"
            ));
        }
    }
    Ok(())
}

fn attribute(expr: &Expr) -> Option<&str> {
    match expr {
        Expr::Attribute(attribute) => Some(attribute.attr.as_str()),
        _ => None,
    }
}
