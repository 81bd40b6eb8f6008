//! psycopg has asynchronous connections with the same methods.

use crate::native::change::{Asked, Change};

pub(super) fn change(name: &str, asked: &Asked<'_, '_, '_>) -> Option<Result<Change, String>> {
    let rest = name.strip_prefix("psycopg.")?;
    let row = match rest {
        "connect" | "Connection.connect" => opened(asked, false),
        "Connection.cursor" | "Connection.transaction" => opened(asked, true),
        "Connection.execute"
        | "Connection.commit"
        | "Connection.rollback"
        | "Connection.close"
        | "Cursor.execute"
        | "Cursor.executemany"
        | "Cursor.fetchone"
        | "Cursor.fetchmany"
        | "Cursor.fetchall"
        | "Cursor.close" => Ok(Change::default()),
        _ if rest.starts_with("Connection.") || rest.starts_with("Cursor.") => {
            let line = asked.names.line(asked.call);
            Err(format!(
                "psycopg's `{rest}` has no twin in the table ({line})"
            ))
        }
        _ => return None,
    };
    Some(row)
}

/// What is opened, by itself or by `with`; without waiting what belongs to a connection.
fn opened(asked: &Asked<'_, '_, '_>, is_plain: bool) -> Result<Change, String> {
    let is_context = asked.in_with_of_its_own("psycopg")?;
    let func = (!is_plain).then(|| "psycopg.AsyncConnection.connect".to_owned());
    Ok(Change {
        func,
        is_plain,
        is_context,
        imports: if is_plain {
            Vec::new()
        } else {
            vec!["psycopg"]
        },
        changes: if is_plain {
            Vec::new()
        } else {
            vec!["the database is asked by an asynchronous connection"]
        },
        ..Change::default()
    })
}
