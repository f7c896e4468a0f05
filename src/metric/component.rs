//! [`Components`]: the parts of a mask whose voxels hang together by faces, edges or corners.
//!
//! Does not know about lesions.

use super::mask::{Mask, count_in};

/// A stretch `start..end` of voxels along z in one column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) column: [usize; 2],
    pub(super) start: usize,
    pub(super) end: usize,
}

/// The 26-connected components of a mask, each as its runs in order.
#[derive(Debug)]
pub(super) struct Components {
    runs: Vec<Run>,
    /// Component of each run; components are numbered in order of their first run.
    owners: Vec<usize>,
    n: usize,
    shape: [usize; 3],
}

/// What is known of one component.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Extent {
    /// Voxels.
    pub(super) n: u64,
    /// Those that another mask holds too.
    pub(super) n_shared: u64,
    /// Mean voxel index.
    pub(super) centre: [f64; 3],
    /// First index along each axis.
    pub(super) low: [usize; 3],
    /// Last index along each axis.
    pub(super) high: [usize; 3],
}

impl Components {
    /// Finds them: runs along z are joined where they touch a run of a neighbouring column.
    pub(super) fn of(mask: &Mask) -> Self {
        let (runs, firsts) = runs_of(mask);
        let n_y = mask.shape()[1];
        let mut parents: Vec<usize> = (0..runs.len()).collect();
        let mut idx = 0;
        while idx < runs.len() {
            let [x, y] = runs[idx].column;
            let column = x * n_y + y;
            for neighbour in before(x, y, n_y) {
                let own = firsts[column]..firsts[column + 1];
                join(&runs, own, firsts[neighbour]..firsts[neighbour + 1], &mut parents);
            }
            idx = firsts[column + 1];
        }
        let mut numbers = vec![usize::MAX; runs.len()];
        let mut n = 0;
        let owners = (0..runs.len()).map(|run| {
            let root = root(&mut parents, run);
            if numbers[root] == usize::MAX {
                numbers[root] = n;
                n += 1;
            }
            numbers[root]
        });
        let owners = owners.collect();
        Self { runs, owners, n, shape: mask.shape() }
    }

    /// Shape of the box they lie in.
    pub(super) fn shape(&self) -> [usize; 3] {
        self.shape
    }

    /// Voxels of each.
    pub(super) fn sizes(&self) -> Vec<u64> {
        let mut sizes = vec![0; self.n];
        for (run, &owner) in self.runs.iter().zip(&self.owners) {
            sizes[owner] += (run.end - run.start) as u64;
        }
        sizes
    }

    /// Size and place of each, and what it shares with a mask of the same shape.
    pub(super) fn extents(&self, other: &Mask) -> Vec<Extent> {
        let nothing =
            Extent { n: 0, n_shared: 0, centre: [0.0; 3], low: [usize::MAX; 3], high: [0; 3] };
        let mut extents = vec![nothing; self.n];
        for (run, &owner) in self.runs.iter().zip(&self.owners) {
            let extent = &mut extents[owner];
            let [x, y] = run.column;
            let n = run.end - run.start;
            extent.n += n as u64;
            extent.n_shared += count_in(other.column(x, y), run.start, run.end);
            let middle = f64::midpoint(run.start as f64, run.end as f64 - 1.0);
            for (sum, at) in extent.centre.iter_mut().zip([x as f64, y as f64, middle]) {
                *sum += at * n as f64;
            }
            for (low, at) in extent.low.iter_mut().zip([x, y, run.start]) {
                *low = at.min(*low);
            }
            for (high, at) in extent.high.iter_mut().zip([x, y, run.end - 1]) {
                *high = at.max(*high);
            }
        }
        for extent in &mut extents {
            extent.centre = extent.centre.map(|sum| sum / extent.n as f64);
        }
        extents
    }

    /// The runs of the chosen components, each with the number of its component.
    pub(super) fn runs(
        &self,
        is_chosen: impl Fn(usize) -> bool,
    ) -> impl Iterator<Item = (usize, Run)> {
        let runs = self.owners.iter().copied().zip(self.runs.iter().copied());
        runs.filter(move |(owner, _)| is_chosen(*owner))
    }
}

/// All runs in order, and for each column the index of its first run, with one more at the end.
fn runs_of(mask: &Mask) -> (Vec<Run>, Vec<usize>) {
    let [n_x, n_y, _] = mask.shape();
    let mut runs: Vec<Run> = Vec::new();
    let mut firsts = vec![0; n_x * n_y + 1];
    let mut n_done = 0;
    for ([x, y], words) in mask.columns() {
        let column = x * n_y + y;
        firsts[n_done..=column].fill(runs.len());
        n_done = column + 1;
        let first = runs.len();
        for (word_idx, &word) in words.iter().enumerate() {
            let mut rest = word;
            while rest != 0 {
                let low = rest.trailing_zeros();
                let n = (rest >> low).trailing_ones();
                let start = word_idx * 64 + low as usize;
                let end = start + n as usize;
                match runs[first..].last_mut() {
                    // A run goes on in the next word.
                    Some(last) if last.end == start => last.end = end,
                    _ => runs.push(Run { column: [x, y], start, end }),
                }
                rest &= u64::MAX.checked_shl(low + n).unwrap_or(0);
            }
        }
    }
    firsts[n_done..].fill(runs.len());
    (runs, firsts)
}

/// Neighbouring columns that come earlier.
fn before(x: usize, y: usize, n_y: usize) -> impl Iterator<Item = usize> {
    let last_y = (y + 1).min(n_y - 1);
    let beside = (x > 0).then(|| (x - 1) * n_y + y.saturating_sub(1)..=(x - 1) * n_y + last_y);
    let below = (y > 0).then(|| x * n_y + y - 1);
    beside.into_iter().flatten().chain(below)
}

/// Joins the runs of two neighbouring columns that touch.
fn join(
    runs: &[Run],
    own: std::ops::Range<usize>,
    other: std::ops::Range<usize>,
    parents: &mut [usize],
) {
    let (mut a, mut b) = (own.start, other.start);
    while a < own.end && b < other.end {
        // One voxel beyond its end a run still touches, by an edge or a corner.
        if runs[a].start <= runs[b].end && runs[b].start <= runs[a].end {
            let (a, b) = (root(parents, a), root(parents, b));
            parents[a.max(b)] = a.min(b);
        }
        if runs[a].end < runs[b].end {
            a += 1;
        } else {
            b += 1;
        }
    }
}

fn root(parents: &mut [usize], mut idx: usize) -> usize {
    while parents[idx] != idx {
        parents[idx] = parents[parents[idx]];
        idx = parents[idx];
    }
    idx
}
