//! [`Network`]: every network that a spec can ask for, behind one type.
//!
//! A new network is a variant here and a line in each `match` of [`burn::module::Module`].
//!
//! Does not know about losses, data or optimizers.

use super::{Heads, UNet3d};
use crate::{base::random::Stream, spec};
use burn::{
    module::{
        Content, Devices, Module, ModuleDisplay, ModuleDisplayDefault, ModuleMapper, ModuleVisitor,
    },
    tensor::{Device, Tensor},
};
use std::fmt;

/// A segmentation network: volumes in, logits of every class out.
#[derive(Debug, Clone)]
pub enum Network {
    /// A 3-D U-Net.
    UNet3d(UNet3d),
}

impl Network {
    /// The network of a spec; its first weights depend on the seed alone.
    pub fn new(rules: &spec::Model, n_classes: usize, seed: u64, device: &Device) -> Self {
        Self::UNet3d(UNet3d::new(rules, n_classes, seed, device))
    }

    /// Logits, as [`UNet3d::forward`]: in training, when `dropout` draws are given, also those of
    /// the deep heads.
    ///
    /// # Shapes
    /// `[n, 1, x, y, z]` to `[n, class, x, y, z]`, each of x, y, z at least 1.
    pub fn forward(&self, input: Tensor<5>, dropout: Option<&mut Stream>) -> Heads {
        match self {
            Self::UNet3d(net) => net.forward(input, dropout),
        }
    }

    /// Device of the weights: with autodiff in training, without it in evaluation.
    pub fn device(&self) -> Device {
        match self {
            Self::UNet3d(net) => net.device(),
        }
    }
}

/// As `#[derive(Module)]` writes it for an enum, but without the variant's name in the paths of
/// the weights: a checkpoint holds `net.encoder..`, as it did before there were variants.
impl Module for Network {
    fn collect_devices(&self, devices: Devices) -> Devices {
        match self {
            Self::UNet3d(net) => net.collect_devices(devices),
        }
    }

    fn to_device(self, device: &Device) -> Self {
        match self {
            Self::UNet3d(net) => Self::UNet3d(net.to_device(device)),
        }
    }

    fn fork(self, device: &Device) -> Self {
        match self {
            Self::UNet3d(net) => Self::UNet3d(net.fork(device)),
        }
    }

    fn visit<Visitor: ModuleVisitor>(&self, visitor: &mut Visitor) {
        match self {
            Self::UNet3d(net) => net.visit(visitor),
        }
    }

    fn map<Mapper: ModuleMapper>(self, mapper: &mut Mapper) -> Self {
        match self {
            Self::UNet3d(net) => Self::UNet3d(net.map(mapper)),
        }
    }

    fn valid(&self) -> Self {
        match self {
            Self::UNet3d(net) => Self::UNet3d(net.valid()),
        }
    }

    fn train(self) -> Self {
        match self {
            Self::UNet3d(net) => Self::UNet3d(net.train()),
        }
    }

    fn materialize(self) -> Self {
        match self {
            Self::UNet3d(net) => Self::UNet3d(net.materialize()),
        }
    }
}

impl ModuleDisplay for Network {}

impl ModuleDisplayDefault for Network {
    fn content(&self, content: Content) -> Option<Content> {
        match self {
            Self::UNet3d(net) => net.content(content),
        }
    }

    fn num_params(&self) -> usize {
        Module::num_params(self)
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.format(burn::module::DisplaySettings::default()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_holds_the_paths_of_the_network_without_the_variant() {
        let rules = spec::Model { widths: vec![2, 4], ..spec::Model::default() };
        let network = Network::new(&rules, 2, 1, &Device::flex());
        let Network::UNet3d(net) = network.clone();
        let bytes = network.clone().into_record().into_bytes().unwrap().to_vec();
        assert_eq!(bytes, net.clone().into_record().into_bytes().unwrap().to_vec());
        // A checkpoint from before there were variants holds the network by itself.
        assert!(network.try_load_record(net.into_record()).is_ok());
    }
}
