//! Quantities in words, the same wherever people read them.

/// Seconds as people say them: `2.3 s`, `15 ms`, `0.8 µs`, `4 min 10 s`.
#[must_use]
pub fn seconds(value: f64) -> String {
    let value = value.max(0.0);
    if value >= 100.0 {
        let whole = value.round();
        return format!("{} min {} s", (whole / 60.0).floor(), whole % 60.0);
    }
    let (scaled, unit) = match value {
        v if v >= 1.0 => (v, "s"),
        v if v >= 1e-3 => (v * 1e3, "ms"),
        v if v >= 1e-6 => (v * 1e6, "µs"),
        v => (v * 1e9, "ns"),
    };
    format!("{} {unit}", two_digits(scaled))
}

/// Bytes as people say them: `12 bytes`, `6.3 MB` (decimal multiples).
#[must_use]
pub fn bytes(value: f64) -> String {
    match value.max(0.0) {
        v if v < 1e3 => format!("{v:.0} bytes"),
        v if v < 1e6 => format!("{} kB", two_digits(v / 1e3)),
        v if v < 1e9 => format!("{} MB", two_digits(v / 1e6)),
        v => format!("{} GB", two_digits(v / 1e9)),
    }
}

/// A count with its noun: `1 task`, `2,000,000 tasks`.
#[must_use]
pub fn count(value: u64, noun: &str) -> String {
    let plural = if value == 1 { "" } else { "s" };
    format!("{} {noun}{plural}", thousands(value))
}

/// A share as per cent: `83 %`.
#[must_use]
pub fn percent(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}

/// Digits in groups of three.
#[must_use]
pub fn thousands(value: u64) -> String {
    let digits = value.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

fn two_digits(value: f64) -> String {
    if value < 9.95 {
        format!("{value:.1}")
    } else {
        format!("{value:.0}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_choose_the_unit_that_leaves_few_digits() {
        let spoken = [250.0, 42.3, 2.34, 0.0152, 8e-7, 0.0].map(seconds);
        assert_eq!(
            spoken,
            ["4 min 10 s", "42 s", "2.3 s", "15 ms", "800 ns", "0.0 ns"]
        );
    }

    #[test]
    fn counts_are_grouped_and_inflected() {
        assert_eq!(count(1, "task"), "1 task");
        assert_eq!(count(2_000_000, "task"), "2,000,000 tasks");
    }
}
