//! Network and loss against PyTorch.

mod loss_parity;
mod model_parity;
