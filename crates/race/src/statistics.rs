//! Medians, and how sure they are.

/// How many times samples are drawn anew. The interval's ends move by less than the samples' own
/// resolution beyond that: with at most seven samples there are few different medians.
const RESAMPLES: usize = 1000;

/// The middle of some numbers; none of none.
pub(crate) fn median(samples: &[f64]) -> Option<f64> {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    let upper = *sorted.get(middle)?;
    if sorted.len() % 2 == 1 {
        return Some(upper);
    }
    let lower = *sorted.get(middle.checked_sub(1)?)?;
    Some(f64::midpoint(lower, upper))
}

/// The 95 % percentile interval of the median's bootstrap distribution; needs two samples.
pub(crate) fn interval(samples: &[f64], seed: u64) -> Option<(f64, f64)> {
    if samples.len() < 2 {
        return None;
    }
    let mut random = fastrand::Rng::with_seed(seed);
    let mut medians: Vec<f64> = (0..RESAMPLES)
        .filter_map(|_| {
            let drawn: Vec<f64> = samples
                .iter()
                .filter_map(|_| random.choice(samples).copied())
                .collect();
            median(&drawn)
        })
        .collect();
    medians.sort_by(f64::total_cmp);
    let low = *medians.get(RESAMPLES * 25 / 1000)?;
    let high = *medians.get(RESAMPLES * 975 / 1000 - 1)?;
    Some((low, high))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_of_few_numbers() {
        assert_eq!(median(&[]), None);
        assert_eq!(median(&[3.0]), Some(3.0));
        assert_eq!(median(&[4.0, 1.0]), Some(2.5));
        assert_eq!(median(&[9.0, 1.0, 2.0]), Some(2.0));
    }

    #[test]
    fn the_interval_is_around_the_median_and_repeats() {
        let samples = [1.0, 1.2, 1.1, 1.3, 5.0];
        let (low, high) = interval(&samples, 7).unwrap();
        assert!((1.0..=1.2).contains(&low) && (1.2..=5.0).contains(&high));
        assert_eq!(interval(&samples, 7), Some((low, high)));
        assert_eq!(interval(&[1.0], 7), None);
        assert_eq!(interval(&[2.0, 2.0], 7), Some((2.0, 2.0)));
    }
}
