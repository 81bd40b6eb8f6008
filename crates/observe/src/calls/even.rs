//! Makes samples that were taken more densely in some places stand evenly for all iterations.

/// Samples that may be left after thinning before it stops being worth it.
const FEWEST: usize = 200;

/// Of `samples`, taken at the iterations `indices` (ascending) out of `total`, as many from each
/// stretch as its length is of the whole. The agent samples a loop's start more densely, because
/// it does not know yet how long it will be.
pub(super) fn evened(indices: &[f64], samples: Vec<(f64, f64)>, total: u64) -> Vec<(f64, f64)> {
    let steps = indices.windows(2).map(|pair| pair[1] - pair[0]);
    let (narrowest, widest) = steps.fold((f64::MAX, 1.0_f64), |(narrowest, widest), step| {
        (narrowest.min(step), widest.max(step))
    });
    // At most 100 strata, and none without a sample.
    let strata = (total as f64 / (2.0 * widest)).clamp(1.0, 100.0) as usize;
    if narrowest >= widest || strata < 2 || samples.len() <= FEWEST {
        return samples;
    }
    let members = by_stratum(indices, total, strata);
    let mut counts: Vec<usize> = members
        .iter()
        .map(Vec::len)
        .filter(|count| *count > 0)
        .collect();
    counts.sort_unstable();
    // The lower quartile: a few thin strata do not decide how much of the others is kept.
    let quota = counts.get(counts.len() / 4).copied().unwrap_or(0).max(1);
    let kept: Vec<(f64, f64)> = members
        .iter()
        .flat_map(|stratum| spread(stratum, quota))
        .filter_map(|index| samples.get(index).copied())
        .collect();
    if kept.len() < FEWEST { samples } else { kept }
}

fn by_stratum(indices: &[f64], total: u64, strata: usize) -> Vec<Vec<usize>> {
    let mut members = vec![Vec::new(); strata];
    for (position, index) in indices.iter().enumerate() {
        let stratum = (index / total.max(1) as f64 * strata as f64) as usize;
        members[stratum.min(strata - 1)].push(position);
    }
    members
}

/// At most `quota` of `members`, evenly.
fn spread(members: &[usize], quota: usize) -> impl Iterator<Item = usize> + '_ {
    let count = members.len().min(quota);
    (0..count).map(move |nth| members[nth * members.len() / count])
}

#[cfg(test)]
mod tests {
    use super::evened;

    #[test]
    fn a_dense_start_is_thinned_to_the_density_of_the_rest() {
        // 1,000 samples of the first 1,000 iterations, then one in 100 of 99,000.
        let indices: Vec<f64> = (0..1_000)
            .chain((1_000..100_000).step_by(100))
            .map(f64::from)
            .collect();
        let samples = indices.iter().map(|index| (*index, 0.0)).collect();
        let kept = evened(&indices, samples, 100_000);
        let early = kept.iter().filter(|sample| sample.0 < 1_000.0).count();
        assert!(kept.len() > 900, "{}", kept.len());
        assert!(early < 20, "{early} of {}", kept.len());
    }

    #[test]
    fn samples_of_all_iterations_stay() {
        let indices: Vec<f64> = (0..5_000).map(f64::from).collect();
        let samples: Vec<(f64, f64)> = indices.iter().map(|index| (*index, 0.0)).collect();
        assert!(evened(&indices, samples.clone(), 5_000) == samples);
    }

    #[test]
    fn nonsense_indices_do_not_panic() {
        let indices = vec![f64::MAX; 500];
        let samples = vec![(1.0, 1.0); 500];
        assert!(!evened(&indices, samples, 0).is_empty());
    }
}
