//! [`UNet3d`]: encoder, bottleneck, decoder with skips, and a head on each decoder level.
//!
//! The notebook's network as it was meant: without the block that was allocated and never run,
//! and with any widths. Does not know about losses, data or optimizers.

use super::{
    block::DoubleConvolution,
    dropout::drop_channels,
    norm::Normalisation,
    pool::max_pool,
    upsample::{UpConvolution, nearest, select_voxels, trilinear},
    weights::FreshWeights,
};
use crate::{
    base::random::{Draw, Stream},
    spec,
};
use burn::{
    module::Module,
    nn::conv::Conv3d,
    tensor::{Device, Tensor, activation::relu},
};

/// What a forward pass gives.
#[derive(Debug, Clone)]
pub struct Heads {
    /// Logits of the main head, `[n, classes, x, y, z]` at the input's size.
    pub main: Tensor<5>,
    /// Logits of the deep heads, coarsest first, brought to the input's size; in training only.
    pub deep: Vec<Tensor<5>>,
}

/// One level of the decoder.
#[derive(Module, Debug)]
struct DecoderLevel {
    up: UpConvolution,
    up_norm: Normalisation,
    block: DoubleConvolution,
    head: Option<Conv3d>,
}

impl DecoderLevel {
    fn new(
        [c_in, c_out]: [usize; 2],
        n_classes: usize,
        rules: &spec::Model,
        fresh: &mut FreshWeights<'_>,
    ) -> Self {
        Self {
            up: UpConvolution::new(c_in, c_out, fresh),
            up_norm: Normalisation::new(rules.norm, c_out, fresh),
            block: DoubleConvolution::new([2 * c_out, c_out], rules, fresh),
            head: rules.deep_supervision.then(|| fresh.convolution(c_out, n_classes, 1)),
        }
    }

    fn forward(&self, below: Tensor<5>, skip: Tensor<5>) -> Tensor<5> {
        let [_, _, x, y, z] = skip.dims();
        let up = relu(self.up_norm.forward(self.up.forward(below)));
        self.block.forward(Tensor::cat(vec![skip, nearest(up, [x, y, z])], 1))
    }
}

/// A 3-D U-Net with squeeze-and-excitation, residual blocks and deep supervision.
///
/// # Source
/// The ovarian-cancer notebook; after Çiçek et al., "3D U-Net", MICCAI 2016.
#[derive(Module, Debug)]
pub struct UNet3d {
    encoder: Vec<DoubleConvolution>,
    bottleneck: DoubleConvolution,
    decoder: Vec<DecoderLevel>,
    head: Conv3d,
    dropout: f64,
    skip_dropout: f64,
}

impl UNet3d {
    /// A network of one input channel, its weights a function of the seed alone.
    pub fn new(rules: &spec::Model, n_classes: usize, seed: u64, device: &Device) -> Self {
        let mut stream = Draw { seed, epoch: 0, case: "" }.stream("weights");
        let mut fresh = FreshWeights::new(&mut stream, device);
        let widths = &rules.widths;
        let n_levels = widths.len();
        let encoder = (0..n_levels - 1)
            .map(|level| [if level == 0 { 1 } else { widths[level - 1] }, widths[level]])
            .map(|channels| DoubleConvolution::new(channels, rules, &mut fresh))
            .collect();
        let deepest = [widths[n_levels - 2], widths[n_levels - 1]];
        let decoder = (0..n_levels - 1)
            .rev()
            .map(|level| [widths[level + 1], widths[level]])
            .map(|channels| DecoderLevel::new(channels, n_classes, rules, &mut fresh))
            .collect();
        Self {
            encoder,
            bottleneck: DoubleConvolution::new(deepest, rules, &mut fresh),
            decoder,
            head: fresh.convolution(widths[0], n_classes, 1),
            dropout: rules.dropout,
            skip_dropout: rules.skip_dropout,
        }
    }

    /// Logits; in training, told by `dropout` draws being given, also those of the deep heads.
    ///
    /// Batch statistics are used and remembered on a device with autodiff, the running ones
    /// elsewhere, as burn's own normalisation does.
    ///
    /// An axis shorter than the network halves is padded with its edge voxels and cut again.
    ///
    /// # Shapes
    /// `[n, 1, x, y, z]`, each of x, y, z at least 1.
    pub fn forward(&self, input: Tensor<5>, dropout: Option<&mut Stream>) -> Heads {
        let [n, _, x, y, z] = input.dims();
        let size = [x, y, z];
        let padded = size.map(|length| length.max(1 << self.encoder.len()));
        let input = select_voxels(input, padded, |index, from, _| index.min(from - 1));
        let heads = self.forward_padded(input, dropout);
        let n_classes = heads.main.dims()[1];
        let cut = |logits: Tensor<5>| {
            if padded == size {
                logits
            } else {
                logits.slice([0..n, 0..n_classes, 0..x, 0..y, 0..z])
            }
        };
        Heads { main: cut(heads.main), deep: heads.deep.into_iter().map(cut).collect() }
    }

    fn forward_padded(&self, input: Tensor<5>, mut dropout: Option<&mut Stream>) -> Heads {
        let [_, _, nx, ny, nz] = input.dims();
        let training = dropout.is_some();
        let mut drop = |x, p| match dropout.as_deref_mut() {
            Some(draws) => drop_channels(x, p, draws),
            None => x,
        };
        let mut skips = Vec::with_capacity(self.encoder.len());
        let mut x = input;
        for block in &self.encoder {
            x = drop(block.forward(x), self.skip_dropout);
            skips.push(x.clone());
            x = drop(max_pool(x), self.dropout);
        }
        x = self.bottleneck.forward(x);
        let mut deep = Vec::new();
        for (level, skip) in self.decoder.iter().zip(skips.into_iter().rev()) {
            x = drop(level.forward(x, skip), self.dropout);
            if let (Some(head), true) = (&level.head, training) {
                deep.push(trilinear(head.forward(x.clone()), [nx, ny, nz]));
            }
        }
        Heads { main: self.head.forward(x), deep }
    }

    /// Device of the weights.
    pub fn device(&self) -> Device {
        self.head.weight.val().device()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::n_trainable;
    use burn::module::{ModuleVisitor, Param};

    fn rules(widths: &[usize]) -> spec::Model {
        spec::Model { widths: widths.to_vec(), ..spec::Model::default() }
    }

    /// PyTorch's counts of the parameters that the notebook's network uses.
    #[test]
    fn has_the_notebooks_number_of_parameters() {
        let device = Device::flex();
        for (widths, n_parameters) in [
            (vec![32, 64, 128, 256], 5_706_200),
            (vec![16, 32, 64], 346_787),
            (vec![16, 32], 75_674),
        ] {
            assert_eq!(n_trainable(&UNet3d::new(&rules(&widths), 3, 1, &device)), n_parameters);
        }
    }

    #[test]
    fn takes_any_size_from_one_voxel_and_any_widths() {
        let device = Device::flex().autodiff();
        let narrow = spec::Model { norm: spec::Norm::Instance, ..rules(&[2, 3, 3, 5]) };
        let net = UNet3d::new(&narrow, 3, 1, &device);
        for size in [[1, 1, 1], [9, 7, 1], [8, 8, 8], [17, 5, 3]] {
            let [x, y, z] = size;
            let mut draws = Draw { seed: 1, epoch: 1, case: "" }.stream("dropout");
            let heads = net.forward(Tensor::ones([1, 1, x, y, z], &device), Some(&mut draws));
            assert_eq!(heads.main.dims(), [1, 3, x, y, z]);
            assert_eq!(heads.deep.len(), 3);
            assert!(heads.deep.iter().all(|logits| logits.dims() == [1, 3, x, y, z]));
            let values: Vec<f32> = heads.main.into_data().try_to_vec().unwrap();
            assert!(values.iter().all(|value| value.is_finite()));
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_weights_and_another_seed_others() {
        let device = Device::flex();
        let logits = |seed| {
            let net = UNet3d::new(&rules(&[4, 8]), 2, seed, &device);
            net.forward(Tensor::ones([1, 1, 4, 4, 4], &device), None).main.into_data()
        };
        assert_eq!(logits(5), logits(5));
        assert_ne!(logits(5), logits(6));
        // Names of parameters too, or no two checkpoints would have the same bytes.
        let bytes = |seed| {
            let net = UNet3d::new(&rules(&[4, 8]), 2, seed, &device);
            net.into_record().into_bytes().unwrap().to_vec()
        };
        assert_eq!(bytes(5), bytes(5));
        assert_ne!(bytes(5), bytes(6));
    }

    #[test]
    fn no_two_parameters_have_one_name() {
        struct Ids(Vec<u64>);
        impl ModuleVisitor for Ids {
            fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
                self.0.push(param.id.val());
            }
        }
        let mut ids = Ids(Vec::new());
        UNet3d::new(&rules(&[4, 8, 16]), 2, 1, &Device::flex()).visit(&mut ids);
        let n = ids.0.len() as u64;
        ids.0.sort_unstable();
        assert_eq!(ids.0, (1..=n).collect::<Vec<_>>());
    }
}
