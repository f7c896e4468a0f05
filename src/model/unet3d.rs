//! [`UNet3d`]: encoder, bottleneck, decoder with skips, and a head on each decoder level.
//!
//! The notebook's network as it was meant: without the block that was allocated and never run,
//! and with any widths. Does not know about losses, data or optimizers.

use super::{
    block::DoubleConvolution,
    convolution::convolve,
    dropout::ChannelMask,
    norm::{Activation, Normalisation},
    pool::max_pool,
    upsample::{UpConvolution, nearest, select_voxels, trilinear},
    volumes,
    weights::FreshWeights,
};
use crate::{
    base::random::{Draw, Stream},
    spec,
};
use burn::{
    module::Module,
    nn::conv::Conv3d,
    tensor::{Device, Tensor},
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

    fn forward(&self, below: Tensor<5>, skip: Tensor<5>, mask: ChannelMask) -> Tensor<5> {
        let up = self.up_norm.forward(self.up.forward(below), Activation::Relu);
        let up = nearest(up, volumes::size(&skip));
        self.block.forward(volumes::concatenate(skip, up), mask)
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
        let input = volumes::enter(input);
        let input = select_voxels(input, padded, |index, from, _| index.min(from - 1));
        let heads = self.forward_padded(input, n, dropout);
        let cut = |logits: Tensor<5>| {
            let logits = volumes::leave(logits);
            let n_classes = logits.dims()[1];
            if padded == size {
                logits
            } else {
                logits.slice([0..n, 0..n_classes, 0..x, 0..y, 0..z])
            }
        };
        Heads { main: cut(heads.main), deep: heads.deep.into_iter().map(cut).collect() }
    }

    fn forward_padded(
        &self,
        input: Tensor<5>,
        n: usize,
        mut dropout: Option<&mut Stream>,
    ) -> Heads {
        let size = volumes::size(&input);
        let training = dropout.is_some();
        let mut drop = |block: &DoubleConvolution, p| match dropout.as_deref_mut() {
            Some(draws) => ChannelMask::draw([n, block.channels()], p, draws),
            None => ChannelMask::default(),
        };
        let mut skips = Vec::with_capacity(self.encoder.len());
        let mut x = input;
        for block in &self.encoder {
            let skip = block.forward(x, drop(block, self.skip_dropout));
            x = max_pool(skip.clone(), drop(block, self.dropout));
            skips.push(skip);
        }
        x = self.bottleneck.forward(x, ChannelMask::default());
        let mut deep = Vec::new();
        for (level, skip) in self.decoder.iter().zip(skips.into_iter().rev()) {
            x = level.forward(x, skip, drop(&level.block, self.dropout));
            if let (Some(head), true) = (&level.head, training) {
                deep.push(trilinear(convolve(head, x.clone()), size));
            }
        }
        Heads { main: convolve(&self.head, x), deep }
    }

    /// Device of the weights.
    pub fn device(&self) -> Device {
        self.head.weight.val().device()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        data::ClassCounts,
        model::{Objective, Reference, Weighting, n_trainable},
    };
    use burn::{
        module::{ModuleVisitor, Param},
        tensor::TensorData,
    };

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

    /// Loss and gradients of a training step, by parameter.
    fn step(rules: &spec::Model, size: [usize; 3]) -> (f64, Vec<Vec<f32>>) {
        struct Gradients<'a>(&'a burn::tensor::Gradients, Vec<Vec<f32>>);
        impl ModuleVisitor for Gradients<'_> {
            fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
                if let Some(gradient) = param.val().grad(self.0) {
                    self.1.push(gradient.into_data().try_to_vec().unwrap());
                }
            }
        }
        let device = Device::flex().autodiff();
        let net = UNet3d::new(rules, 3, 4, &device);
        let [x, y, z] = size;
        let n = 2 * x * y * z;
        let mut draws = Draw { seed: 9, epoch: 1, case: "" }.stream("image");
        let image: Vec<f64> = (0..n).map(|_| draws.range(-1.0, 1.0)).collect();
        let labels: Vec<u8> = [0, 2, 1].into_iter().cycle().take(n).collect();
        let mut counts = ClassCounts::empty(3);
        labels.chunks(n / 2).for_each(|labels| counts.add_case(labels));
        let labels = TensorData::new(labels.into_iter().map(i32::from).collect(), [2, x, y, z]);
        let reference = Reference::new(labels, counts.clone(), &device);
        let image = Tensor::<5>::from_data(TensorData::new(image, [2, 1, x, y, z]), &device);
        let heads = net.forward(image, Some(&mut draws));
        let loss = spec::Loss::default();
        let weighting = Weighting::new(&loss.cross_entropy, &counts.voxels);
        let loss = Objective::new(loss, weighting).total(&heads, &reference);
        let mut gradients = Gradients(&loss.backward(), Vec::new());
        net.visit(&mut gradients);
        (f64::from(loss.into_scalar::<f32>()), gradients.1)
    }

    /// The CPU's own operations beside burn's, which other devices use.
    #[test]
    fn burns_own_operations_give_the_same_loss_and_gradients() {
        for norm in [spec::Norm::Batch, spec::Norm::Instance, spec::Norm::Group] {
            for (size, parts) in [([16, 16, 16], true), ([9, 6, 11], true), ([8, 8, 4], false)] {
                let mut rules = spec::Model { norm, ..rules(&[8, 16, 24]) };
                if !parts {
                    (rules.residual, rules.squeeze_excitation) = (false, 0);
                }
                let (loss, gradients) = step(&rules, size);
                let (expected, theirs) = {
                    let _guard = volumes::BurnsOwn::here();
                    step(&rules, size)
                };
                let what = format!("{norm:?}, {size:?}, all parts: {parts}");
                assert!((loss - expected).abs() < 1e-5, "{what}: {loss} {expected}");
                let square =
                    |values: &[f32]| -> f64 { values.iter().map(|v| f64::from(*v).powi(2)).sum() };
                let length: f64 = theirs.iter().map(|g| square(g)).sum::<f64>().sqrt();
                assert_eq!(gradients.len(), theirs.len(), "{what}");
                for (ours, theirs) in gradients.iter().zip(&theirs) {
                    let apart: Vec<f32> = ours.iter().zip(theirs).map(|(a, b)| a - b).collect();
                    // A ReLU or a maximum that tips by rounding moves gradients by far more than
                    // rounding itself; PyTorch's f32 is as far from its f64.
                    let apart = square(&apart).sqrt();
                    assert!(apart < 5e-3 * length, "{what}: {apart} of {length}");
                }
            }
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
