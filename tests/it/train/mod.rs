//! Optimizer and accumulated gradients, and what a machine has for computing.

mod accumulate;
mod optimizer_parity;
mod probe;
