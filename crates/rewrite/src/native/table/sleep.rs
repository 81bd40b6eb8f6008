//! `time.sleep`.

use crate::native::change::{Asked, Change};

pub(super) fn change(name: &str, _: &Asked<'_, '_, '_>) -> Option<Result<Change, String>> {
    (name == "time.sleep").then(|| {
        Ok(Change {
            func: Some("asyncio.sleep".to_owned()),
            imports: vec!["asyncio"],
            ..Change::default()
        })
    })
}
