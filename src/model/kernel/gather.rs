//! [`Gather`] and [`Correlate`]: products of rows that lie anywhere in a volume with a packed
//! matrix. Convolutions of any kernel, stride and direction are made of these two.
//!
//! Does not know where the rows come from.

use super::{
    packing::Panels,
    product::{group, rows_at_once, rows_by_panel, with_rows},
    simd::{Kernel, Lanes},
};

/// Rows of a volume: row `v` consists of the runs `bases[v] + runs[..]`, each of `depth` values.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rows<'a> {
    /// The volume.
    pub source: &'a [f32],
    /// Where each row begins.
    pub bases: &'a [u32],
    /// Where each run begins, from the beginning of its row.
    pub runs: &'a [u32],
    /// Values of a run.
    pub depth: usize,
}

/// `target[places[v]..] = bias + rows[v] * weights`.
#[derive(Debug)]
pub(super) struct Gather<'a> {
    /// The first factor.
    pub rows: Rows<'a>,
    /// The second, packed as `panels` says; `[run x depth, columns]`.
    pub weights: &'a [f32],
    /// How it is packed.
    pub panels: Panels,
    /// A value for each packed column, or none.
    pub bias: &'a [f32],
    /// Where the columns of each row go in `target`.
    pub places: &'a [u32],
    /// What is written.
    pub target: &'a mut [f32],
}

impl Kernel for Gather<'_> {
    type Output = ();
    const ANY_WIDTH: bool = false;

    #[inline(always)]
    fn run<L: Lanes>(mut self, lanes: L) {
        for panel in 0..self.panels.count() {
            if self.panels.vectors_of(panel) == 2 {
                self.panel::<L, 2>(lanes, panel);
            } else {
                self.panel::<L, 1>(lanes, panel);
            }
        }
    }
}

impl Gather<'_> {
    #[inline(always)]
    fn panel<L: Lanes, const R: usize>(&mut self, lanes: L, panel: usize) {
        let most = rows_at_once(L::N, R);
        let mut begin = 0;
        while begin < self.rows.bases.len() {
            let n = group(self.rows.bases.len() - begin, most);
            with_rows!(n, rows_at_once(L::N, R), T => gather_group::<L, T, R>(self, lanes, begin, panel));
            begin += n;
        }
    }
}

#[inline(always)]
fn gather_group<L: Lanes, const T: usize, const R: usize>(
    job: &mut Gather<'_>,
    lanes: L,
    begin: usize,
    panel: usize,
) {
    let Rows { source, bases, runs, depth } = job.rows;
    let (Some(bases), Some(places)) =
        (bases[begin..].first_chunk::<T>(), job.places[begin..].first_chunk::<T>())
    else {
        unreachable!("as many places as rows, and the group is among them")
    };
    let first = job.panels.first_column(panel);
    let start: [L::V; R] = match L::vectors(&job.bias[first.min(job.bias.len())..]).first_chunk() {
        Some(bias) => *bias,
        None => [lanes.splat(0.0); R],
    };
    let weights = L::vectors(&job.weights[job.panels.range(panel)]).as_chunks::<R>().0;
    let mut sums = [start; T];
    for (&run, weights) in runs.iter().zip(weights.chunks_exact(depth)) {
        let rows = bases.map(|base| &source[(base + run) as usize..][..depth]);
        sums = rows_by_panel::<L, T, R>(lanes, sums, rows, weights);
    }
    let kept = job.panels.kept(panel);
    for (sum, &place) in sums.iter().zip(places) {
        let target = &mut job.target[place as usize + first..][..kept];
        if kept == R * L::N {
            for (to, from) in L::vectors_mut(target).iter_mut().zip(sum) {
                *to = *from;
            }
        } else {
            for (vector, to) in sum.iter().zip(target.chunks_mut(L::N)) {
                lanes.store_first(to, *vector);
            }
        }
    }
}

/// `target[k][c] += sum over v of rows[v][k] * values[places[v] + c]` for the columns `c` of one
/// panel: the gradient of the weights of a [`Gather`], packed as they are.
#[derive(Debug)]
pub(super) struct Correlate<'a> {
    /// The first factor.
    pub rows: Rows<'a>,
    /// The second.
    pub values: &'a [f32],
    /// Where the columns beside each row begin in `values`.
    pub places: &'a [u32],
    /// The panel's vectors of columns, 1 or 2.
    pub vectors: usize,
    /// `[run x depth, columns]`.
    pub target: &'a mut [f32],
}

/// Rows whose values stay in the nearest cache while all runs pass over them.
const CHUNK: usize = 96;

impl Kernel for Correlate<'_> {
    type Output = ();
    const ANY_WIDTH: bool = false;

    #[inline(always)]
    fn run<L: Lanes>(mut self, lanes: L) {
        let mut begin = 0;
        while begin < self.rows.bases.len() {
            let end = (begin + CHUNK).min(self.rows.bases.len());
            if self.vectors == 2 {
                self.chunk::<L, 2>(lanes, [begin, end]);
            } else {
                self.chunk::<L, 1>(lanes, [begin, end]);
            }
            begin = end;
        }
    }
}

impl Correlate<'_> {
    #[inline(always)]
    fn chunk<L: Lanes, const R: usize>(&mut self, lanes: L, range: [usize; 2]) {
        let most = rows_at_once(L::N, R);
        let Rows { runs, depth, .. } = self.rows;
        for (i, &run) in runs.iter().enumerate() {
            let mut k = 0;
            while k < depth {
                let n = group(depth - k, most);
                let (from, to) = (run as usize + k, (i * depth + k) * R * L::N);
                with_rows!(n, rows_at_once(L::N, R), T => correlate_group::<L, T, R>(self, lanes, range, from, to));
                k += n;
            }
        }
    }
}

#[inline(always)]
fn correlate_group<L: Lanes, const T: usize, const R: usize>(
    job: &mut Correlate<'_>,
    lanes: L,
    [begin, end]: [usize; 2],
    from: usize,
    to: usize,
) {
    let target = L::vectors_mut(&mut job.target[to..]).as_chunks_mut::<R>().0;
    let Some(target) = target.first_chunk_mut::<T>() else {
        unreachable!("the target holds a row for every value of a run")
    };
    let mut sums = *target;
    let source = &job.rows.source[from..];
    for (&base, &place) in job.rows.bases[begin..end].iter().zip(&job.places[begin..end]) {
        let row = source[base as usize..].first_chunk::<T>();
        let columns = L::vectors(&job.values[place as usize..]).first_chunk::<R>();
        let (Some(row), Some(columns)) = (row, columns) else {
            unreachable!("rows lie in their source, and whole vectors beside them")
        };
        for t in 0..T {
            let value = lanes.splat(row[t]);
            for r in 0..R {
                sums[t][r] = lanes.fma(value, columns[r], sums[t][r]);
            }
        }
    }
    *target = sums;
}
