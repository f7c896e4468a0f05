//! [`checkpoint_bytes`]: how large a checkpoint of an experiment will be.
//!
//! Does not know about disks.

use super::session::segmenter;
use crate::spec::Experiment;
use burn::{
    module::{Module, ModuleVisitor, Param},
    tensor::{Device, Tensor},
};

/// Bytes of a number on disk.
const NUMBER: u64 = 4;
/// Bytes that a tensor takes beside its numbers in burn's files: name, shape, alignment.
const TENSOR: u64 = 512;
/// Bytes of the small files: scheduler, state, hashes.
const SMALL_FILES: u64 = 4096;

/// Bytes of one checkpoint: the model's tensors and the optimizer's moments of each.
pub fn checkpoint_bytes(experiment: &Experiment) -> u64 {
    #[derive(Default)]
    struct Count {
        n_numbers: u64,
        n_tensors: u64,
    }
    impl ModuleVisitor for Count {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            self.n_numbers += param.shape().num_elements() as u64;
            self.n_tensors += 1;
        }
    }
    // Only their number matters; the CPU has room for them.
    let classes = vec![1; experiment.data.classes.len()];
    let net = segmenter(experiment, &classes, &Device::flex());
    let mut count = Count::default();
    net.visit(&mut count);
    let n_moments = if experiment.optimizer.amsgrad { 3 } else { 2 };
    (count.n_numbers * NUMBER + count.n_tensors * TENSOR) * (1 + n_moments) + SMALL_FILES
}
