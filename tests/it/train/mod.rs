//! Optimizer and accumulated gradients.

mod accumulate;
mod optimizer_parity;
