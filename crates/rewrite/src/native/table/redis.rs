//! redis has the same client for asyncio in itself.

use crate::native::change::{Asked, Change};

pub(super) fn change(name: &str, asked: &Asked<'_, '_, '_>) -> Option<Result<Change, String>> {
    let rest = name.strip_prefix("redis.")?;
    if !asked.libraries.redis_asyncio {
        return Some(Err(asked.missing("redis", "redis with redis.asyncio")));
    }
    let row = match rest {
        "Redis" | "from_url" | "Redis.from_url" => {
            asked.in_with_of_its_own("redis").map(|is_context| Change {
                func: Some(format!("redis.asyncio.{rest}")),
                is_plain: true,
                is_context,
                imports: vec!["redis.asyncio"],
                changes: vec!["the database is asked by redis.asyncio"],
                ..Change::default()
            })
        }
        "Redis.close" => Ok(Change {
            func: Some("{owner}.aclose".to_owned()),
            ..Change::default()
        }),
        "Redis.pipeline"
        | "Redis.pubsub"
        | "Redis.lock"
        | "Redis.register_script"
        | "Redis.transaction"
        | "Redis.monitor"
        | "Redis.scan_iter" => {
            let line = asked.names.line(asked.call);
            Err(format!("redis' `{rest}` has no twin in the table ({line})"))
        }
        _ if rest.matches('.').count() == 1 && rest.starts_with("Redis.") => Ok(Change::default()),
        _ => return None,
    };
    Some(row)
}
