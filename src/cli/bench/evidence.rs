//! `seglab bench evidence`: many settings on many cases compared, and drawn as a page.
//!
//! Does not know how they are compared or drawn.

use super::{
    super::print::{duration, print},
    runs::spread,
};
use crate::{
    analysis::{EpochRow, EvidenceOptions, RunRow, RunState, ScoreRow, Split, Tables, evidence},
    base::Result,
    cli::folder::folder,
    data::geometry::{Affine, Spacing},
    event::CaseRow,
    metric::{CaseMaps, CaseScores, score_case, synthetic_pair},
    report,
};
use clap::Args;
use std::{collections::BTreeMap, io::Write, path::PathBuf, time::Instant};

/// Classes of the made-up runs.
const CLASSES: [&str; 3] = ["background", "primary", "metastasis"];

/// Made-up runs, every setting with the same seeds.
#[derive(Debug, Args)]
pub(crate) struct Evidence {
    /// Runs.
    #[arg(long, default_value_t = 200)]
    runs: usize,
    /// Validation cases.
    #[arg(long, default_value_t = 50)]
    cases: usize,
    /// Seeds of a setting.
    #[arg(long, default_value_t = 1)]
    seeds: usize,
    /// Folder to leave the page in; without it, it is drawn into a temporary one.
    #[arg(long, value_name = "DIR", value_parser = folder())]
    out: Option<PathBuf>,
}

impl Evidence {
    /// Prints what the comparison and the page take.
    pub(crate) fn run(self, out: &mut dyn Write) -> Result<()> {
        let tables = self.tables();
        let began = Instant::now();
        let asked = EvidenceOptions { baseline: None, split: Split::Valid, margin: Some(0.02) };
        let found = evidence(&tables, asked);
        let compared = began.elapsed().as_secs_f64();
        let folder = self.out.clone().unwrap_or_else(|| {
            std::env::temp_dir().join(format!("seglab-bench-{}", std::process::id()))
        });
        let began = Instant::now();
        let page = report::write(&tables, "bench-evidence", &folder)?;
        let drawn = began.elapsed().as_secs_f64();
        let bytes = crate::base::fs::read(&page)?.len();
        if self.out.is_none() {
            crate::base::fs::remove_folder(&folder)?;
        }
        print(
            out,
            &format!(
                "{} runs x {} cases, {} settings, {} comparisons\nevidence  {}\nreport    {} \
                 (evidence included), page of {:.1} MB\n",
                self.runs,
                self.cases,
                found.settings.len(),
                found.effects.len(),
                duration(compared),
                duration(drawn),
                bytes as f64 / 1e6
            ),
        )
    }

    /// A row of settings that extend the first; scores spread without chance.
    fn tables(&self) -> Tables {
        let scores = scored();
        let mut tables = Tables::default();
        for run_idx in 0..self.runs {
            let (setting, seed) = (run_idx / self.seeds.max(1), run_idx % self.seeds.max(1));
            let id = format!("setting-{setting:03}-f0-s{seed}");
            tables.runs.push(RunRow {
                experiment: if setting == 0 {
                    "base".into()
                } else {
                    format!("setting-{setting:03}")
                },
                extends: (setting > 0).then(|| "base".to_owned()),
                run: id.clone(),
                status: RunState::Finished,
                seed: seed as u64,
                settings: BTreeMap::from([("schedule.max-lr".into(), format!("{setting}e-4"))]),
                classes: CLASSES.map(str::to_owned).into(),
                epochs: 40,
                steps: 800,
                best_epoch: Some(40),
                seconds: 600.0 + run_idx as f64,
                ..RunRow::default()
            });
            tables.epochs.extend((1..=40).map(|epoch| epoch_row(&id, run_idx, epoch)));
            for case_idx in 0..self.cases {
                let place = (format!("case-{case_idx:03}"), Split::Valid, 40);
                let names = CLASSES.map(str::to_owned);
                let place = (place.0.as_str(), place.1, place.2);
                let rows = CaseRow::of_case(place, &names, scores.clone()).into_iter();
                tables.scores.extend(rows.map(|mut score| {
                    let wave = spread(case_idx * 31 + score.class * 7);
                    let own = spread(run_idx * 17 + case_idx * 3 + score.class);
                    score.dice = Some(0.5 + 0.4 * wave + 0.05 * own);
                    ScoreRow { run: id.clone(), score }
                }));
            }
        }
        tables
    }
}

/// The scores of one small case, from which all others differ in their Dice alone.
fn scored() -> CaseScores {
    let (reference, prediction) = synthetic_pair([48, 48, 24]);
    score_case(&CaseMaps {
        reference: &reference,
        prediction: &prediction,
        ct: None,
        affine: &Affine::diagonal(Spacing([8.0, 8.0, 12.0])),
        n_classes: CLASSES.len(),
        tolerances_mm: &[1.0, 2.0],
    })
}

fn epoch_row(run: &str, run_idx: usize, epoch: usize) -> EpochRow {
    let value = spread(run_idx * 41 + epoch);
    EpochRow {
        run: run.to_owned(),
        epoch,
        step: epoch * 20,
        train_loss: 1.0 / epoch as f64 + 0.1 * value,
        valid_loss: Some(1.0 / epoch as f64 + 0.2 * value),
        lr: 1e-3,
        dice: vec![Some(0.99), Some(value), Some(value)],
        dice_foreground: Some(value),
        is_best: epoch == 40,
    }
}
