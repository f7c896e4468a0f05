//! [`prepare`]: a stored case to the network's input, and a prediction back to the stored grid.
//!
//! Does not know about files, augmentation or tensors.

use crate::{
    base::Result,
    data::{
        axis_weights::nearest_lines,
        geometry::Spacing,
        intensity,
        resize::{linear, nearest},
        volume::{Grid, LabelMap, Volume},
    },
    spec::{Preprocess, TrainingGrid},
};

/// A case on the training grid.
#[derive(Debug, Clone, PartialEq)]
pub struct Prepared {
    /// CT values mapped to 0..1.
    pub image: Grid<f32>,
    /// Class indices.
    pub labels: Grid<u8>,
}

/// Resamples a case to the training grid and maps its CT values to 0..1.
///
/// The label map lies on the volume's grid.
///
/// # Errors
/// When the the volume has no contrast to normalise.
pub fn prepare(volume: &Volume, labels: &LabelMap, rules: &Preprocess) -> Result<Prepared> {
    let image = prepare_image(volume, rules)?;
    let labels = nearest(&labels.voxels, image.shape());
    Ok(Prepared { image, labels })
}

/// Resamples a volume to the training grid and maps its CT values to 0..1. Percentiles are those
/// of the resampled volume.
///
/// # Errors
/// When the volume has no contrast to normalise.
pub fn prepare_image(volume: &Volume, rules: &Preprocess) -> Result<Grid<f32>> {
    let shape = training_shape(volume.voxels.shape(), volume.affine.spacing(), rules);
    let mut image = linear(&volume.voxels, shape);
    intensity::normalise(image.values_mut(), &rules.intensity)?;
    Ok(image)
}

/// Shape of the training grid of a case; no axis gets shorter than one voxel.
pub fn training_shape(native: [usize; 3], spacing: Spacing, rules: &Preprocess) -> [usize; 3] {
    match rules.grid {
        TrainingGrid::XySize { size } => [size, size, native[2]],
        TrainingGrid::Spacing { mm } => {
            [0, 1, 2].map(|axis| n_voxels(native[axis] as f64 * spacing.0[axis] / mm[axis]))
        }
        TrainingGrid::Native {} => native,
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a length over a spacing is positive and fits a shape"
)]
fn n_voxels(length: f64) -> usize {
    (length.round() as usize).max(1)
}

/// Brings a prediction on the training grid back to the stored grid: each stored voxel takes the
/// class of the training voxel that it lies in.
pub fn to_native(prediction: &Grid<u8>, native_shape: [usize; 3]) -> Grid<u8> {
    nearest(prediction, native_shape)
}

/// Labels to the training grid and back: the best that a prediction made there can be.
pub fn through_training_grid(labels: &Grid<u8>, training_shape: [usize; 3]) -> Grid<u8> {
    to_native(&nearest(labels, training_shape), labels.shape())
}

/// For each stored voxel, the training voxel that it lies in: what [`to_native`] goes by, one voxel
/// at a time.
#[derive(Debug, Clone)]
pub struct ToNative {
    lines: [Vec<usize>; 3],
    training_shape: [usize; 3],
}

impl ToNative {
    /// The way from one shape to the other over the same extent.
    pub fn new(training_shape: [usize; 3], native_shape: [usize; 3]) -> Self {
        let lines = [0, 1, 2].map(|axis| nearest_lines(training_shape[axis], native_shape[axis]));
        Self { lines, training_shape }
    }

    /// Position of the training voxel, from the position of the stored one; both z fastest.
    pub fn source(&self, native: usize) -> usize {
        let [_, n_y, n_z] = [0, 1, 2].map(|axis: usize| self.lines[axis].len());
        let [x, y, z] = [native / (n_y * n_z), native / n_z % n_y, native % n_z];
        let [_, t_y, t_z] = self.training_shape;
        (self.lines[0][x] * t_y + self.lines[1][y]) * t_z + self.lines[2][z]
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::float_cmp, reason = "these values are exact")]

    use super::*;
    use crate::{data::geometry::Affine, spec::Intensity};

    fn case(shape: [usize; 3], spacing: [f64; 3]) -> (Volume, LabelMap) {
        let affine = Affine::diagonal(Spacing(spacing));
        let voxels = Grid::from_fn(shape, |[x, y, z]| (x * 40 + y * 3 + z) as f32 - 160.0);
        let labels = Grid::from_fn(shape, |[x, ..]| u8::from(x >= shape[0] / 2));
        (Volume { voxels, affine }, LabelMap { voxels: labels, affine })
    }

    #[test]
    fn every_grid_keeps_the_extent() {
        let (volume, labels) = case([20, 12, 8], [1.0, 1.0, 4.0]);
        let intensity = Intensity::Window { lower: -160.0, upper: 240.0 };
        for (grid, shape) in [
            (TrainingGrid::XySize { size: 10 }, [10, 10, 8]),
            (TrainingGrid::Spacing { mm: [2.0, 1.5, 2.0] }, [10, 8, 16]),
            (TrainingGrid::Spacing { mm: [50.0; 3] }, [1, 1, 1]),
            (TrainingGrid::Native {}, [20, 12, 8]),
        ] {
            let rules = Preprocess { grid, intensity: intensity.clone(), ..Preprocess::default() };
            let prepared = prepare(&volume, &labels, &rules).unwrap();
            assert_eq!(prepared.image.shape(), shape);
            assert_eq!(prepared.labels.shape(), shape);
            assert!(prepared.image.values().iter().all(|value| (0.0..=1.0).contains(value)));
            if shape[0] > 1 {
                // Halves of an even number of voxels come back as they were.
                assert_eq!(to_native(&prepared.labels, [20, 12, 8]), labels.voxels);
                assert_eq!(through_training_grid(&labels.voxels, shape), labels.voxels);
            }
        }
    }

    #[test]
    fn one_voxel_comes_from_where_the_whole_grid_does() {
        let (training, native) = ([5, 7, 3], [11, 6, 9]);
        let grid = Grid::from_fn(training, |[x, y, z]| u8::try_from(x * 21 + y * 3 + z).unwrap());
        let (way, whole) = (ToNative::new(training, native), to_native(&grid, native));
        for (index, value) in whole.values().iter().enumerate() {
            assert_eq!(grid.values()[way.source(index)], *value);
        }
    }

    #[test]
    fn percentiles_are_those_of_the_resized_volume() {
        let (volume, labels) = case([20, 12, 8], [1.0; 3]);
        let rules = Preprocess { grid: TrainingGrid::XySize { size: 5 }, ..Preprocess::default() };
        let prepared = prepare(&volume, &labels, &rules).unwrap();
        let resized = linear(&volume.voxels, [5, 5, 8]);
        let [lower, upper] = intensity::percentiles(resized.values(), [1.0, 99.0]);
        let middle = f64::from(resized.at([2, 2, 4]));
        let expected = (middle - lower) / (upper - lower);
        assert!((f64::from(prepared.image.at([2, 2, 4])) - expected).abs() < 1e-6);
        assert_eq!(prepared.image.values().iter().copied().fold(0.0, f32::max), 1.0);
    }

    #[test]
    fn a_volume_of_one_slice_is_prepared() {
        let (volume, labels) = case([16, 16, 1], [1.0, 1.0, 5.0]);
        let rules = Preprocess { grid: TrainingGrid::XySize { size: 8 }, ..Preprocess::default() };
        assert_eq!(prepare(&volume, &labels, &rules).unwrap().image.shape(), [8, 8, 1]);
    }
}
