//! [`permute`]: a [`Grid`] from values stored in any axis order, forwards or backwards.
//!
//! Does not know about files or the patient.

use crate::data::{geometry::Run, volume::Grid};
use rayon::prelude::*;

/// Voxels along the source's fastest axis, at most, and along z that are moved together: wide enough
/// that the source is read in long pieces, and every cache line is written about once.
const TILE: [usize; 2] = [64, 16];
/// Rows of the source, one beside the other, that are moved before the next ones along z.
const ROWS: usize = 4;
/// Fewer voxels along the fastest axis are no work for a thread of its own.
const LEAST_WIDTH: usize = 32;

/// How the source is walked along one axis of the new grid.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Line {
    /// Voxels along the axis.
    pub(crate) length: usize,
    /// Distance in the source from one voxel to the next.
    pub(crate) stride: usize,
    /// From which end.
    pub(crate) run: Run,
}

impl Line {
    /// Where each voxel of the axis lies in the source.
    fn offsets(&self) -> Vec<usize> {
        let forward = (0..self.length).map(|at| at * self.stride);
        match self.run {
            Run::Forward => forward.collect(),
            Run::Backward => forward.rev().collect(),
        }
    }

    /// The lowest place in the source of each `width` voxels along an axis of stride 1.
    fn tiles(&self, width: usize) -> Vec<usize> {
        let starts = (0..self.length).step_by(width);
        match self.run {
            Run::Forward => starts.collect(),
            Run::Backward => {
                starts.map(|start| self.length - (start + width).min(self.length)).collect()
            }
        }
    }
}

/// A grid whose voxel `[x, y, z]` is `value` of the source at the sum of the lines' offsets.
///
/// The lines are the source's axes in any order, so one of them has stride 1.
pub(crate) fn permute<S, T>(
    source: &[S],
    lines: [Line; 3],
    value: impl Fn(S) -> T + Sync,
) -> Grid<T>
where
    S: Copy + Sync,
    T: Copy + Default + Send,
{
    let shape = lines.map(|line| line.length);
    let mut grid = Grid::filled(shape, T::default());
    let [x, y, z] = lines;
    let z_offsets = z.offsets();
    let plane = (y.length * z.length).max(1);
    // An axis of one voxel may have stride 1 beside the one that is walked voxel by voxel.
    let is_fastest = |line: Line| {
        line.stride == 1
            && lines.iter().all(|other| other.stride > 1 || other.length <= line.length)
    };
    if is_fastest(z) {
        grid.values_mut().par_chunks_mut(plane).zip(x.offsets()).for_each(|(plane, x_offset)| {
            for (lane, y_offset) in plane.chunks_exact_mut(z.length).zip(y.offsets()) {
                let row = &source[x_offset + y_offset..][..z.length];
                let converted = row.iter().map(|&stored| value(stored));
                match z.run {
                    Run::Forward => fill(lane.iter_mut(), converted),
                    Run::Backward => fill(lane.iter_mut().rev(), converted),
                }
            }
        });
    } else if is_fastest(y) {
        grid.values_mut().par_chunks_mut(plane).zip(x.offsets()).for_each(|(plane, x_offset)| {
            let mut tile = Tile::new(y.run, z.length);
            for (lanes, start) in plane.chunks_mut(TILE[0] * z.length).zip(y.tiles(TILE[0])) {
                for (at, z_offsets) in (0..).step_by(TILE[1]).zip(z_offsets.chunks(TILE[1])) {
                    tile.turn(&source[x_offset + start..], z_offsets, &mut lanes[at..], &value);
                }
            }
        });
    } else {
        let width = x.length.div_ceil(rayon::current_num_threads()).clamp(LEAST_WIDTH, TILE[0]);
        let planes = grid.values_mut().par_chunks_mut(width * plane);
        planes.zip(x.tiles(width)).for_each(|(planes, start)| {
            let mut tile = Tile::new(x.run, plane);
            let y_offsets = y.offsets();
            let lanes: Vec<usize> = (0..plane).step_by(z.length).collect();
            // Rows that follow one another in the source are read one after another.
            for (y_offsets, lanes) in y_offsets.chunks(ROWS).zip(lanes.chunks(ROWS)) {
                for (at, z_offsets) in (0..).step_by(TILE[1]).zip(z_offsets.chunks(TILE[1])) {
                    for (y_offset, lane) in y_offsets.iter().zip(lanes) {
                        let source = &source[start + y_offset..];
                        tile.turn(source, z_offsets, &mut planes[lane + at..], &value);
                    }
                }
            }
        });
    }
    grid
}

fn fill<'a, T: 'a>(lane: impl Iterator<Item = &'a mut T>, values: impl Iterator<Item = T>) {
    for (to, from) in lane.zip(values) {
        *to = from;
    }
}

/// Voxels on their way from rows of the source, which run across lanes, to lanes along z.
struct Tile<T> {
    rows: [[T; TILE[0]]; TILE[1]],
    /// How the rows are walked.
    run: Run,
    /// Distance from one lane to the next.
    step: usize,
}

impl<T: Copy + Default> Tile<T> {
    fn new(run: Run, step: usize) -> Self {
        Self { rows: [[T::default(); TILE[0]]; TILE[1]], run, step }
    }

    /// Fills the start of the lanes that lie every `step` values of `lanes`, at most as many as a tile
    /// is wide, from as many z offsets as a tile is deep at most. `source` begins with the lowest
    /// voxel of the row at z offset 0.
    fn turn<S: Copy>(
        &mut self,
        source: &[S],
        z_offsets: &[usize],
        lanes: &mut [T],
        value: &impl Fn(S) -> T,
    ) {
        let n_lanes = lanes.len().div_ceil(self.step).min(TILE[0]);
        for (row, z_offset) in self.rows.iter_mut().zip(z_offsets) {
            let stored = &source[*z_offset..][..n_lanes];
            fill(row.iter_mut(), stored.iter().map(|&stored| value(stored)));
        }
        for (at, lane) in (0..TILE[0]).zip(0..n_lanes) {
            let lane = match self.run {
                Run::Forward => lane,
                Run::Backward => n_lanes - 1 - lane,
            };
            let lane = &mut lanes[lane * self.step..][..z_offsets.len()];
            fill(lane.iter_mut(), self.rows.iter().map(|row| row[at]));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every order and direction of the axes, with lengths around those of a tile.
    #[test]
    fn every_voxel_comes_from_its_own_place() {
        let orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
        for shape in [[37, 3, 21], [1, 133, 16], [140, 1, 17], [2, 35, 1], [1, 1, 5], [0, 2, 3]] {
            for order in orders {
                for backward in 0..8 {
                    // The source's axes from the fastest to the slowest are the grid's in `order`.
                    let mut stride = 1;
                    let mut lines = shape.map(|length| Line { length, stride, run: Run::Forward });
                    for axis in order {
                        lines[axis].stride = stride;
                        stride *= shape[axis];
                        if backward >> axis & 1 == 1 {
                            lines[axis].run = Run::Backward;
                        }
                    }
                    let source: Vec<usize> = (0..stride).collect();
                    let expected = Grid::from_fn(shape, |at| {
                        let offset = |axis: usize| match lines[axis].run {
                            Run::Forward => at[axis] * lines[axis].stride,
                            Run::Backward => (shape[axis] - 1 - at[axis]) * lines[axis].stride,
                        };
                        1 + offset(0) + offset(1) + offset(2)
                    });
                    let found = permute(&source, lines, |value| value + 1);
                    assert_eq!(found, expected, "{shape:?} {order:?} {backward}");
                }
            }
        }
    }
}
