//! [`CaseBatch`]: prepared cases as host tensors, ready to be sent to a device.
//!
//! The only file of `data` that names burn. Data stays on the host until the step uploads it,
//! since a loader's own device memory would never be given back.
//!
//! Does not know about networks.

use super::{ClassCounts, volume::Grid};
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
    /// Classes of the cases that the loss is averaged over: those of this batch, or after
    /// [`CaseBatch::join`] those of all batches of its optimizer step.
    pub class_counts: ClassCounts,
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
        let mut class_counts = ClassCounts::empty(n_classes);
        for (_, labels) in grids {
            class_counts.add_case(labels.values());
        }
        Some(Self {
            cases,
            image: TensorData::new(image, [n, 1, x, y, z]),
            labels: TensorData::new(labels, [n, x, y, z]),
            class_counts,
            step_seed,
        })
    }

    /// Makes batches the parts of one optimizer step: the loss of each is then averaged over the
    /// cases of all, so that their sum is the loss of one batch of all these cases.
    pub fn join(batches: &mut [Self]) {
        let Some((first, others)) = batches.split_first() else { return };
        let mut all = first.class_counts.clone();
        for batch in others {
            all.add(&batch.class_counts);
        }
        for batch in batches {
            batch.class_counts = all.clone();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joined_batches_count_the_classes_of_all_their_cases() {
        let batch = |labels: &[[u8; 2]]| {
            let grid = |labels: &[u8; 2]| {
                let labels = Grid::from_vec([2, 1, 1], labels.to_vec()).unwrap();
                (Grid::filled([2, 1, 1], 0.0), labels)
            };
            let grids: Vec<_> = labels.iter().map(grid).collect();
            CaseBatch::stack(vec![String::new(); grids.len()], &grids, 3, 0).unwrap()
        };
        let mut parts = [batch(&[[0, 1], [0, 0]]), batch(&[[1, 1]])];
        assert_eq!(parts[0].class_counts.n_cases_with, [2, 1, 0]);
        CaseBatch::join(&mut parts);
        let whole = batch(&[[0, 1], [0, 0], [1, 1]]);
        assert_eq!(whole.class_counts.voxels, [3, 3, 0]);
        assert_eq!(whole.class_counts.n_cases_with, [2, 2, 0]);
        assert_eq!(whole.class_counts.n_cases, 3);
        assert!(parts.iter().all(|part| part.class_counts == whole.class_counts));
    }
}
