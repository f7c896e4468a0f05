//! The network and its loss: tensors in, tensors out.

mod block;
mod class_weights;
mod convolution;
mod count;
mod device_failure;
mod device_setup;
mod dropout;
mod import;
pub mod kernel;
mod loss;
mod network;
mod norm;
mod pool;
pub mod read_back;
mod unet3d;
mod upsample;
pub mod volumes;
mod weights;

pub use block::{DoubleConvolution, SqueezeExcitation};
pub use class_weights::Weighting;
pub use convolution::convolve;
pub use count::n_trainable;
pub use device_failure::{check_device_threads, classify_panic, device_error};
pub use dropout::ChannelMask;
pub use import::load_pytorch;
pub use loss::{Objective, Reference, dice_loss, region_sums, weighted_cross_entropy};
pub use network::Network;
pub use norm::{Activation, Normalisation};
pub use pool::max_pool;
pub use unet3d::{Heads, UNet3d};
pub use upsample::{UpConvolution, nearest, trilinear};
pub use weights::FreshWeights;
