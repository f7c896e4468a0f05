//! `seglab bench kernels`: the CPU's own operations beside burn's.
//!
//! Does not know how they work.

use super::super::print::{aligned, duration, print};
use crate::{
    base::Result,
    train::{KernelTimings, time_kernels},
};
use clap::Args;
use std::io::Write;

/// Operations of the notebook's network.
#[derive(Debug, Args)]
pub(crate) struct Kernels {
    /// Times that each is run.
    #[arg(long, default_value_t = 5)]
    repeat: usize,
}

impl Kernels {
    /// Prints medians, with the share of the peak of all threads where operations are counted.
    pub(crate) fn run(self, out: &mut dyn Write) -> Result<()> {
        let KernelTimings { peak, rows: timings } = time_kernels(self.repeat);
        let head = ["operation", "forward", "burn", "backward", "burn", "GFLOP/s", "of the peak"];
        let mut rows = vec![head.map(str::to_owned).to_vec()];
        for row in timings {
            // The backward pass of a convolution has twice the products of the forward pass.
            let speed = 3.0 * row.flops / (row.forward[0] + row.backward[0]);
            let counted = |shown: String| if row.flops > 0.0 { shown } else { "-".into() };
            rows.push(vec![
                row.name,
                duration(row.forward[0]),
                duration(row.forward[1]),
                duration(row.backward[0]),
                duration(row.backward[1]),
                counted(format!("{:.0}", speed / 1e9)),
                counted(format!("{:.0} %", 100.0 * speed / peak.flops)),
            ]);
        }
        let head = format!(
            "{} threads, vectors of {}, peak {:.0} GFLOP/s; operations as the definition counts them, \
             which Winograd's need 3.4 times fewer of\n",
            peak.threads,
            peak.lanes,
            peak.flops / 1e9,
        );
        print(out, &(head + &aligned(&rows)))
    }
}
