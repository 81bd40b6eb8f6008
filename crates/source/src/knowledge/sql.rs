//! What an SQL statement does, by its text.

/// Functions of SQL that change nothing. Others may be procedures of the database.
const FUNCTIONS: &[&str] = &[
    "abs",
    "array_agg",
    "avg",
    "cast",
    "ceil",
    "char_length",
    "coalesce",
    "concat",
    "count",
    "cume_dist",
    "date",
    "date_part",
    "date_trunc",
    "datetime",
    "dense_rank",
    "exists",
    "extract",
    "filter",
    "first_value",
    "floor",
    "from",
    "glob",
    "greatest",
    "group_concat",
    "hex",
    "ifnull",
    "iif",
    "in",
    "instr",
    "json_agg",
    "json_extract",
    "json_object",
    "julianday",
    "lag",
    "last_value",
    "lead",
    "least",
    "length",
    "like",
    "lower",
    "ltrim",
    "max",
    "median",
    "min",
    "mod",
    "not",
    "now",
    "ntile",
    "nullif",
    "on",
    "over",
    "percentile_cont",
    "power",
    "printf",
    "quote",
    "rank",
    "replace",
    "round",
    "row_number",
    "rtrim",
    "sqrt",
    "stddev",
    "strftime",
    "string_agg",
    "substr",
    "substring",
    "sum",
    "time",
    "to_char",
    "to_date",
    "total",
    "trim",
    "typeof",
    "unicode",
    "upper",
    "values",
    "variance",
    "where",
    "year",
    "month",
    "day",
];

/// Whether the statement only looks.
pub(crate) fn only_reads(statement: &str) -> bool {
    let text = statement.trim_start().to_ascii_lowercase();
    let words: Vec<&str> = text
        .split(|c: char| !c.is_alphanumeric() && c != '_')
        .filter(|word| !word.is_empty())
        .collect();
    let first = words.first().copied().unwrap_or("");
    let looks = match first {
        "select" | "values" | "explain" | "show" | "describe" => true,
        "with" => words.contains(&"select"),
        "pragma" => !text.contains('='),
        _ => false,
    };
    let changes = ["insert", "update", "delete", "into", "nextval", "merge"];
    looks && !words.iter().any(|word| changes.contains(word)) && known_functions(&text)
}

fn known_functions(text: &str) -> bool {
    text.match_indices('(').all(|(at, _)| {
        let name = text[..at]
            .rsplit(|c: char| !c.is_alphanumeric() && c != '_')
            .next()
            .unwrap_or("");
        name.is_empty() || FUNCTIONS.contains(&name)
    })
}

#[cfg(test)]
mod tests {
    use super::only_reads;

    #[test]
    fn queries_look_and_procedures_and_locks_may_do_more() {
        assert!(only_reads("\n SELECT count(*) FROM t WHERE x IN (?, ?)"));
        assert!(only_reads("with a as (select 1) select * from a"));
        assert!(!only_reads("select plan_region(%s)"));
        assert!(!only_reads("insert into t values (1)"));
        assert!(!only_reads("select * from job for update"));
        assert!(!only_reads("begin"));
    }
}
