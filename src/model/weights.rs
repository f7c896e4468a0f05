//! [`FreshWeights`]: first weights drawn on the host, so that a seed gives the same network on
//! every device and in every process.
//!
//! burn's own initialisation draws from one generator per back end when a weight is first used,
//! and names parameters at random; here they are counted, so that two processes that compute the
//! same network write the same bytes.
//!
//! Does not know about layers' arithmetic.

use crate::base::random::Stream;
use burn::{
    module::{Param, ParamId},
    nn::{
        Linear, PaddingConfig3d,
        conv::{Conv3d, Conv3dConfig},
    },
    tensor::{Device, Tensor, TensorData},
};

/// Draws the weights of layers in the order in which they are asked for.
#[derive(Debug)]
pub struct FreshWeights<'a> {
    stream: &'a mut Stream,
    device: &'a Device,
    n_ids: u64,
}

impl<'a> FreshWeights<'a> {
    /// Weights from `stream` on `device`.
    pub fn new(stream: &'a mut Stream, device: &'a Device) -> Self {
        Self { stream, device, n_ids: 0 }
    }

    /// A name for the next parameter or running value, unique in its network.
    pub fn id(&mut self) -> ParamId {
        self.n_ids += 1;
        ParamId::from(self.n_ids)
    }

    /// Where the weights are put.
    pub fn device(&self) -> &Device {
        self.device
    }

    /// Uniform within `bound` of 0.
    pub fn uniform<const D: usize>(&mut self, shape: [usize; D], bound: f64) -> Param<Tensor<D>> {
        let n: usize = shape.iter().product();
        #[expect(clippy::cast_possible_truncation, reason = "f32 is the network's precision")]
        let values: Vec<f32> = (0..n).map(|_| self.stream.range(-bound, bound) as f32).collect();
        self.named(Param::from_data(TensorData::new(values, shape), self.device))
    }

    /// One value everywhere.
    pub fn constant(&mut self, n: usize, value: f64) -> Param<Tensor<1>> {
        self.named(Param::from_tensor(Tensor::full([n], value, self.device)))
    }

    fn named<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let (_, tensor, mapper) = param.consume();
        Param::from_mapped_value(self.id(), tensor, mapper)
    }

    /// A convolution that keeps the size, as PyTorch's `Conv3d`: weight and bias uniform within
    /// 1 / sqrt(fan in).
    pub fn convolution(&mut self, c_in: usize, c_out: usize, kernel: usize) -> Conv3d {
        let pad = kernel / 2;
        let bound = 1.0 / ((c_in * kernel.pow(3)) as f64).sqrt();
        let mut layer = Conv3dConfig::new([c_in, c_out], [kernel; 3])
            .with_padding(PaddingConfig3d::Explicit(pad, pad, pad))
            .init(self.device);
        layer.weight = self.uniform([c_out, c_in, kernel, kernel, kernel], bound);
        layer.bias = Some(self.uniform([c_out], bound));
        layer
    }

    /// A dense layer, as PyTorch's `Linear`: weight and bias uniform within 1 / sqrt(inputs).
    pub fn linear(&mut self, n_in: usize, n_out: usize) -> Linear {
        let bound = 1.0 / (n_in as f64).sqrt();
        let weight = self.uniform([n_in, n_out], bound);
        Linear { weight, bias: Some(self.uniform([n_out], bound)) }
    }
}
