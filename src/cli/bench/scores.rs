//! `seglab bench scores`: the scores of one large case, one thread.
//!
//! Does not know how a score is worked out.

use super::super::print::{aligned, duration, print};
use crate::{
    base::{Error, Fault, Result},
    data::geometry::{Affine, Spacing},
    metric::{CaseMaps, score_case, synthetic_pair},
};
use clap::Args;
use std::{io::Write, time::Instant};

/// A made-up case.
#[derive(Debug, Args)]
pub(crate) struct Scores {
    /// Voxels along x, y and z.
    #[arg(long, value_delimiter = ',', default_value = "512,512,100", value_name = "X,Y,Z")]
    shape: Vec<usize>,
    /// Times that it is scored.
    #[arg(long, default_value_t = 3)]
    repeat: usize,
}

impl Scores {
    /// Prints the fastest and the median time of all scores of three classes, and some scores.
    pub(crate) fn run(self, out: &mut dyn Write) -> Result<()> {
        let shape = <[usize; 3]>::try_from(self.shape)
            .ok()
            .filter(|shape| !shape.contains(&0))
            .ok_or_else(|| {
                Error::request(Fault::new("`--shape` needs three sizes, each at least 1"))
            })?;
        let (reference, prediction) = synthetic_pair(shape);
        // The extent of a body, whatever the shape.
        let spacing = [410.0, 410.0, 300.0];
        let spacing = [0, 1, 2].map(|axis: usize| spacing[axis] / shape[axis] as f64);
        let maps = CaseMaps {
            reference: &reference,
            prediction: &prediction,
            ct: None,
            affine: &Affine::diagonal(Spacing(spacing)),
            n_classes: 3,
            tolerances_mm: &[1.0, 2.0],
        };
        let mut seconds = Vec::new();
        let mut scores = None;
        for _ in 0..self.repeat.max(1) {
            let began = Instant::now();
            scores = Some(score_case(&maps));
            seconds.push(began.elapsed().as_secs_f64());
        }
        seconds.sort_by(f64::total_cmp);
        let number = |value: Option<f64>| value.map_or("-".to_owned(), |it| format!("{it:.4}"));
        let mut rows = vec![
            ["class", "HD95 mm", "ASSD mm", "NSD 1 mm", "lesions"].map(str::to_owned).to_vec(),
        ];
        for (class_idx, class) in scores.iter().flat_map(|it| &it.classes).enumerate() {
            let surface = &class.surface;
            rows.push(vec![
                (class_idx + 1).to_string(),
                number(surface.hd95_mm),
                number(surface.assd_mm),
                number(surface.nsd.first().and_then(|nsd| nsd.share)),
                format!("{} of {}", class.lesions.n_found, class.lesions.n_reference),
            ]);
        }
        let (fastest, median) = (seconds[0], seconds[seconds.len() / 2]);
        let head = format!(
            "all scores of a case of {}x{}x{}, three classes, one thread: {} (median {})\n",
            shape[0],
            shape[1],
            shape[2],
            duration(fastest),
            duration(median)
        );
        print(out, &(head + &aligned(&rows)))
    }
}
