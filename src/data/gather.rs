//! [`gather`]: a [`Grid`] from values stored in any axis order, forwards or backwards.
//!
//! Knows nothing of files or of the patient.

use crate::data::{geometry::Run, volume::Grid};
use rayon::prelude::*;

/// Neighbours along x that are filled together, so that a cache line of a source whose fastest
/// axis is x is read once.
const BLOCK: usize = 16;

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
pub(crate) fn gather<S, T>(source: &[S], lines: [Line; 3], value: impl Fn(S) -> T + Sync) -> Grid<T>
where
    S: Copy + Sync,
    T: Copy + Default + Send,
{
    let [along_x, along_y, along_z] = lines;
    let (n_y, n_z) = (along_y.length, along_z.length);
    let mut grid = Grid::filled(lines.map(|line| line.length), T::default());
    let plane = n_y * n_z;
    let z_offsets: Vec<usize> = (0..n_z).map(|z| along_z.offset(z)).collect();
    grid.values_mut().par_chunks_mut((BLOCK * plane).max(1)).enumerate().for_each(
        |(block, planes)| {
            for y in 0..n_y {
                let y_offset = along_y.offset(y);
                for (z, z_offset) in z_offsets.iter().enumerate() {
                    let column = planes.iter_mut().skip(y * n_z + z).step_by(plane);
                    for (x, voxel) in column.enumerate() {
                        let x_offset = along_x.offset(block * BLOCK + x);
                        *voxel = value(source[x_offset + y_offset + z_offset]);
                    }
                }
            }
        },
    );
    grid
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_voxel_comes_from_its_own_place() {
        // A source with x fastest and y stored backwards, wider than one block along x.
        let (n_x, n_y, n_z) = (37, 3, 5);
        let source: Vec<usize> = (0..n_x * n_y * n_z).collect();
        let grid = gather(
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
