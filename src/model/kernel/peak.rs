//! [`measured_peak`]: what the vector units of this machine can do at most.
//!
//! Does not know about other computations.

use super::simd::{Kernel, Lanes, Unit};
use rayon::prelude::*;
use std::time::Instant;

/// What the machine can do at most.
#[derive(Debug, Clone, Copy)]
pub struct MeasuredPeak {
    /// Threads that compute.
    pub threads: usize,
    /// Values in a vector.
    pub lanes: usize,
    /// Floating-point operations a second of all threads together, as a loop of fused products
    /// and sums in registers reaches them.
    pub flops: f64,
}

/// Measures for some tenths of a second.
pub fn measured_peak() -> MeasuredPeak {
    let (unit, threads) = (Unit::get(), rayon::current_num_threads());
    let began = Instant::now();
    let done: Vec<f32> =
        (0..threads).into_par_iter().map(|seed| unit.run(FusedLoop(seed as f32))).collect();
    let seconds = began.elapsed().as_secs_f64();
    // Looking at the result keeps the loop from being left out.
    let n_done = done.iter().filter(|value| value.is_finite()).count();
    let flops = FusedLoop::FLOPS * (n_done * unit.lanes()) as f64 / seconds;
    MeasuredPeak { threads, lanes: unit.lanes(), flops }
}

struct FusedLoop(f32);

impl FusedLoop {
    const SUMS: usize = 10;
    const TURNS: usize = 30_000_000;
    /// Operations in each lane.
    const FLOPS: f64 = 2.0 * (Self::SUMS * Self::TURNS) as f64;
}

impl Kernel for FusedLoop {
    type Output = f32;

    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) -> f32 {
        let (factor, add) = (lanes.splat(0.999), lanes.splat(1e-3));
        let mut sums = [lanes.splat(self.0); Self::SUMS];
        for _ in 0..Self::TURNS {
            for sum in &mut sums {
                *sum = lanes.fma(*sum, factor, add);
            }
        }
        let mut of_all = 0.0;
        for sum in sums {
            let mut first = [0.0];
            lanes.store_first(&mut first, sum);
            of_all += first[0];
        }
        of_all
    }
}
