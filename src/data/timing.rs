//! [`time_cases`]: how long reading and preparing each case takes.

use super::{dataset::Dataset, prepare::prepare};
use crate::{base::Result, spec::Preprocess, statistics::median};
use serde::Serialize;
use std::time::Instant;

/// Seconds of one case, medians over the repeats.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CaseTiming {
    /// The case.
    pub case: String,
    /// Voxels along x, y and z.
    pub shape: [usize; 3],
    /// Reading both files, checking and orienting them.
    pub load_s: f64,
    /// Resizing and normalising.
    pub prepare_s: f64,
}

/// Reads and prepares every case `repeat` times, on all threads of the machine.
///
/// # Errors
/// When a case cannot be read or prepared.
pub fn time_cases(dataset: &Dataset, rules: &Preprocess, repeat: usize) -> Result<Vec<CaseTiming>> {
    let mut timings = Vec::with_capacity(dataset.cases.len());
    for case in &dataset.cases {
        let (mut load_s, mut prepare_s) = (Vec::new(), Vec::new());
        for _ in 0..repeat {
            let began = Instant::now();
            let (volume, labels) = dataset.load(case)?;
            load_s.push(began.elapsed().as_secs_f64());
            let began = Instant::now();
            prepare(&volume, &labels, rules).map_err(|error| error.of_case(&case.id))?;
            prepare_s.push(began.elapsed().as_secs_f64());
        }
        timings.push(CaseTiming {
            case: case.id.clone(),
            shape: case.shape,
            load_s: median(&load_s),
            prepare_s: median(&prepare_s),
        });
    }
    Ok(timings)
}
