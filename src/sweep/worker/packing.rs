//! [`jobs_that_fit`]: how many cells share a GPU, by the memory that one was seen to take.
//!
//! Knows nothing of slots.

use std::{process::Command, thread};

/// Share of a GPU's memory that cells may fill: the rest is for what a calibration does not see.
const FILLED: f64 = 0.9;

/// How many cells that take `cell_bytes` each fit on every GPU of this machine at once, with a core
/// for each at least. One, where the driver does not say what there is.
pub fn jobs_that_fit(cell_bytes: u64) -> usize {
    let asked = Command::new("nvidia-smi")
        .args(["--query-gpu=memory.total", "--format=csv,noheader,nounits"])
        .output();
    let listing = asked.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    let n_cores = thread::available_parallelism().map_or(1, usize::from);
    fitting(&listing.unwrap_or_default(), cell_bytes, n_cores)
}

/// The same, from the memory of each GPU in MiB, one a line.
fn fitting(listing: &str, cell_bytes: u64, n_cores: usize) -> usize {
    let sizes: Vec<f64> = listing.lines().filter_map(|line| line.trim().parse().ok()).collect();
    let Some(smallest) = sizes.iter().copied().reduce(f64::min) else { return 1 };
    let bytes = smallest * f64::from(1 << 20) * FILLED;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small and >= 0")]
    let fitting = (bytes / cell_bytes.max(1) as f64) as usize;
    fitting.min(n_cores / sizes.len()).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIB: u64 = 1 << 30;

    #[test]
    fn cells_fill_the_smallest_gpu_and_leave_a_core_for_each() {
        assert_eq!(fitting("81559\n", 8 * GIB, 32), 8, "71.7 of 79.6 GiB");
        assert_eq!(fitting("81559\n24576\n", 8 * GIB, 32), 2);
        assert_eq!(fitting("81559\n", GIB, 16), 16);
        assert_eq!(fitting("81559\n", 200 * GIB, 16), 1, "it is tried all the same");
        assert_eq!(fitting("", GIB, 16), 1);
    }
}
