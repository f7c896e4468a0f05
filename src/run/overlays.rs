//! [`choose`]: which cases are drawn, and under what name.
//!
//! Does not know about pixels.

/// Positions among `n_cases` ranked from best to worst, for `n_wanted` pictures, each with its
/// name: best, median and worst first, more spread evenly between.
pub(super) fn choose(n_cases: usize, n_wanted: usize) -> Vec<(usize, &'static str)> {
    let last = n_cases.saturating_sub(1);
    let mut chosen = vec![(0, "best"), (last, "worst"), (last / 2, "median")];
    if n_wanted > chosen.len() {
        chosen.extend((0..n_wanted).map(|step| (step * last / (n_wanted - 1), "rank")));
    }
    let mut seen = Vec::new();
    chosen.retain(|&(position, _)| {
        let is_new = position < n_cases && !seen.contains(&position);
        seen.push(position);
        is_new
    });
    chosen.truncate(n_wanted);
    chosen.sort_unstable();
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn best_median_and_worst_come_first_and_none_twice() {
        assert_eq!(choose(5, 3), [(0, "best"), (2, "median"), (4, "worst")]);
        assert_eq!(choose(1, 3), [(0, "best")]);
        assert_eq!(choose(2, 3), [(0, "best"), (1, "worst")]);
        assert_eq!(choose(5, 0), []);
        assert_eq!(choose(0, 3), []);
        let many = choose(20, 6);
        assert_eq!(many.len(), 6);
        assert!(many.windows(2).all(|pair| pair[0].0 < pair[1].0));
    }
}
