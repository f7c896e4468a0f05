//! [`CaseBatch`]: prepared cases as host tensors, ready to be sent to a device.
//!
//! The only file of `data` that names burn. Data stays on the host until the step uploads it,
//! since a loader's own device memory would never be given back.
//!
//! Knows nothing of networks.

use super::volume::Grid;
use burn::tensor::TensorData;

/// Cases of one shape, stacked.
#[derive(Debug, Clone)]
pub struct CaseBatch {
    /// Names of the cases.
    pub cases: Vec<String>,
    /// Network input, `[n, 1, x, y, z]`, f32.
    pub image: TensorData,
    /// Class indices, `[n, x, y, z]`, i32.
    pub labels: TensorData,
    /// Voxels of each class in the batch.
    pub class_voxels: Vec<u64>,
    /// Seed of the random draws inside the step.
    pub step_seed: u64,
}

impl CaseBatch {
    /// Stacks cases; `None` when there is none or their shapes differ.
    pub fn stack(
        cases: Vec<String>,
        grids: &[(Grid<f32>, Grid<u8>)],
        n_classes: usize,
        step_seed: u64,
    ) -> Option<Self> {
        let [x, y, z] = grids.first()?.0.shape();
        let fits = |grid: &(Grid<f32>, Grid<u8>)| {
            grid.0.shape() == [x, y, z] && grid.1.shape() == [x, y, z]
        };
        if !grids.iter().all(fits) {
            return None;
        }
        let n = grids.len();
        let image: Vec<f32> = grids.iter().flat_map(|(image, _)| image.values()).copied().collect();
        let labels: Vec<i32> =
            grids.iter().flat_map(|(_, labels)| labels.values()).map(|&l| i32::from(l)).collect();
        let mut class_voxels = vec![0; n_classes];
        for (_, labels) in grids {
            for (class, n_voxels) in count_classes(labels, n_classes).into_iter().enumerate() {
                class_voxels[class] += n_voxels;
            }
        }
        Some(Self {
            cases,
            image: TensorData::new(image, [n, 1, x, y, z]),
            labels: TensorData::new(labels, [n, x, y, z]),
            class_voxels,
            step_seed,
        })
    }
}

/// Voxels of each class; labels beyond the classes are not counted.
pub fn count_classes(labels: &Grid<u8>, n_classes: usize) -> Vec<u64> {
    let mut by_value = [0_u64; 256];
    for &label in labels.values() {
        by_value[usize::from(label)] += 1;
    }
    by_value[..n_classes.min(256)].to_vec()
}
