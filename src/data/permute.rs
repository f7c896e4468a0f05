//! [`permute`]: a [`Grid`] from values stored in any axis order, forwards or backwards.
//!
//! Does not know about files or the patient.

use crate::data::{geometry::Run, volume::Grid};
use rayon::prelude::*;

/// Voxels along x and along z that are moved together, so that every cache line is read once and
/// written once whichever axis of the source is the fastest.
const TILE: [usize; 2] = [32, 16];

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
    fn offset(&self, position: usize) -> usize {
        match self.run {
            Run::Forward => position * self.stride,
            Run::Backward => (self.length - 1 - position) * self.stride,
        }
    }
}

/// A grid whose voxel `[x, y, z]` is `value` of the source at the sum of the lines' offsets.
pub(crate) fn permute<S, T>(
    source: &[S],
    lines: [Line; 3],
    value: impl Fn(S) -> T + Sync,
) -> Grid<T>
where
    S: Copy + Sync,
    T: Copy + Default + Send,
{
    let mut grid = Grid::filled(lines.map(|line| line.length), T::default());
    let offsets = lines.map(|line| (0..line.length).map(|at| line.offset(at)).collect::<Vec<_>>());
    let (n_y, n_z) = (lines[1].length, lines[2].length);
    let planes_of_a_tile = (TILE[0] * n_y * n_z).max(1);
    let planes = grid.values_mut().par_chunks_mut(planes_of_a_tile);
    planes.zip(offsets[0].par_chunks(TILE[0])).for_each(|(planes, x_offsets)| {
        let mut tile = [[T::default(); TILE[1]]; TILE[0]];
        for (y, y_offset) in offsets[1].iter().enumerate() {
            for (z_tile, z_offsets) in offsets[2].chunks(TILE[1]).enumerate() {
                for (z, z_offset) in z_offsets.iter().enumerate() {
                    for (row, x_offset) in tile.iter_mut().zip(x_offsets) {
                        row[z] = value(source[x_offset + y_offset + z_offset]);
                    }
                }
                for (x, row) in tile.iter().enumerate().take(x_offsets.len()) {
                    let start = (x * n_y + y) * n_z + z_tile * TILE[1];
                    planes[start..start + z_offsets.len()].copy_from_slice(&row[..z_offsets.len()]);
                }
            }
        }
    });
    grid
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_voxel_comes_from_its_own_place() {
        // A source with x fastest and y stored backwards, wider than one tile along x and z.
        let (n_x, n_y, n_z) = (37, 3, 21);
        let source: Vec<usize> = (0..n_x * n_y * n_z).collect();
        let grid = permute(
            &source,
            [
                Line { length: n_x, stride: 1, run: Run::Forward },
                Line { length: n_y, stride: n_x, run: Run::Backward },
                Line { length: n_z, stride: n_x * n_y, run: Run::Forward },
            ],
            |value| value,
        );
        let expected =
            Grid::from_fn([n_x, n_y, n_z], |[x, y, z]| x + n_x * ((n_y - 1 - y) + n_y * z));
        assert_eq!(grid, expected);
    }
}
