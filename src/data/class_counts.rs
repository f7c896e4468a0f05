//! [`ClassCounts`]: how often each class occurs in the labels of some cases.
//!
//! Does not know about tensors or losses.

/// Voxels and cases of each class, background first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClassCounts {
    /// Voxels of each class over all cases.
    pub voxels: Vec<u64>,
    /// Cases that hold at least one voxel of each class.
    pub n_cases_with: Vec<usize>,
    /// Cases.
    pub n_cases: usize,
}

impl ClassCounts {
    /// No case.
    pub fn empty(n_classes: usize) -> Self {
        Self { voxels: vec![0; n_classes], n_cases_with: vec![0; n_classes], n_cases: 0 }
    }

    /// Adds the labels of one case; labels beyond the classes are not counted.
    pub fn add_case(&mut self, labels: &[u8]) {
        let voxels = count_labels(labels, self.voxels.len());
        let n_cases_with = voxels.iter().map(|n| usize::from(*n > 0)).collect();
        self.add(&Self { voxels, n_cases_with, n_cases: 1 });
    }

    /// Adds the cases of `other`, which has the same classes.
    pub fn add(&mut self, other: &Self) {
        self.n_cases += other.n_cases;
        self.voxels.iter_mut().zip(&other.voxels).for_each(|(sum, n)| *sum += n);
        self.n_cases_with.iter_mut().zip(&other.n_cases_with).for_each(|(sum, n)| *sum += n);
    }
}

/// Voxels of each class; labels beyond the classes are not counted.
fn count_labels(labels: &[u8], n_classes: usize) -> Vec<u64> {
    let mut by_label = [0_u64; 256];
    for &label in labels {
        by_label[usize::from(label)] += 1;
    }
    by_label[..n_classes.min(256)].to_vec()
}
