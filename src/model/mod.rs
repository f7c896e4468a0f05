//! The network and its loss: tensors in, tensors out.

mod block;
mod class_weights;
mod count;
mod device_failure;
mod device_setup;
mod dropout;
mod import;
mod loss;
mod network;
mod norm;
mod pool;
pub mod read_back;
mod unet3d;
mod upsample;
mod weights;

pub use block::{DoubleConvolution, SqueezeExcitation};
pub use class_weights::Weighting;
pub use count::n_trainable;
pub use device_failure::{check_device_threads, classify_panic, device_error};
pub use dropout::drop_channels;
pub use import::load_pytorch;
pub use loss::{Objective, Reference, dice_loss, weighted_cross_entropy};
pub use network::Network;
pub use norm::Normalisation;
pub use pool::max_pool;
pub use unet3d::{Heads, UNet3d};
pub use upsample::{UpConvolution, nearest, trilinear};
pub use weights::FreshWeights;
