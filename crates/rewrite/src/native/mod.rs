//! Placeholder until the twins are merged.
#![allow(missing_docs)]
use rightlane_source::syntax::{File, View, ast};
#[derive(Debug, Default, Clone)]
pub struct Libraries {
    pub httpx: bool,
}
#[derive(Debug, Default, Clone)]
pub struct Twin {
    pub name: String,
    pub edits: Vec<rightlane_facts::Edit>,
    pub imports: Vec<String>,
    pub contexts: Vec<(String, String)>,
    pub changes: Vec<String>,
}
pub fn twin(_: &File, _: &View<'_>, _: &ast::ExprCall, _: &Libraries) -> Result<Twin, String> {
    Err("not yet".to_owned())
}
