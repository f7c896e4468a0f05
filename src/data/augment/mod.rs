//! Random changes of a training case, the same to image and labels.
//!
//! To add an operation:
//!
//! 1. `spec/augment.rs`: a struct with its keys, and an `Option` of it in `Augment`. Help, checks
//!    and digests follow from that; existing run ids stay, as an absent operation is left out.
//! 2. `data/augment/<name>.rs`: a function `apply` as in `flip`. It draws from a stream of its own
//!    name, so that no other operation's draws change.
//! 3. `data/augment/operations.rs`: its place in the order, and a test.
//! 4. `sweep/forecast/cost.rs`: that cells with it take their own time. The compiler asks for this.

mod flip;
mod operations;
pub mod rotate;

pub use operations::augment;
