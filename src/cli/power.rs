//! `seglab power`: what difference these cases and seeds could tell, and what a smaller would take.
//!
//! Does not know how power is worked out.

use super::{
    evidence::{Gathered, gather},
    folder::folder,
    print::{aligned, json, print, warn},
};
use crate::{
    analysis::{Evidence, EvidenceOptions, Overlays, PowerInputs, detectable, needed},
    base::{Fault, Result},
    event::Split,
};
use clap::Args;
use std::{io::Write, path::PathBuf};

/// Says which differences could be found, from the runs there are.
#[derive(Debug, Args)]
pub(crate) struct Command {
    /// Experiments whose runs show the spread of cases and seeds; without any, all.
    #[arg(value_name = "EXPERIMENT")]
    experiments: Vec<String>,
    /// Differences of Dice that should be found.
    #[arg(long, value_name = "DICE,..", value_delimiter = ',', default_value = "0.01,0.02,0.05", value_parser = difference)]
    difference: Vec<f64>,
    /// Look at the test cases, not at the validation cases.
    #[arg(long)]
    test: bool,
    /// Folder of the runs.
    #[arg(long, default_value = "runs", value_name = "DIR", value_parser = folder())]
    runs: PathBuf,
    /// Prints JSON.
    #[arg(long)]
    json: bool,
}

fn difference(text: &str) -> std::result::Result<f64, String> {
    let value: f64 = text.trim().parse().map_err(|_| "expected a number")?;
    if value > 0.0 && value < 1.0 { Ok(value) } else { Err("above 0 and below 1".to_owned()) }
}

impl Command {
    /// Prints a block for each class.
    pub(crate) fn run(self, out: &mut dyn Write) -> Result<()> {
        let split = if self.test { Split::Test } else { Split::Valid };
        let asked = EvidenceOptions { baseline: None, split, margin: None };
        let Gathered { tables, evidence } =
            gather(&self.runs, &self.experiments, asked, Overlays::Skip)?;
        warn(&tables.warnings);
        if evidence.spreads.is_empty() {
            let fault = Fault::new("no two runs can be compared, so no spread is known");
            return Err(fault
                .detail("expected  two runs of one setting with other seeds on the same split, or two settings")
                .hint("train more seeds, which share a split: `seglab sweep run SPEC --set 'sweep.seeds=[1, 2, 3]'`")
                .into());
        }
        if self.json {
            return json(out, &self.as_json(&evidence));
        }
        let order =
            std::iter::once(crate::analysis::FOREGROUND.to_owned()).chain(evidence.classes.clone());
        let of = |class: String| Some(self.block(&class, evidence.spreads.get(&class)?));
        print(out, &order.filter_map(of).collect::<Vec<_>>().join("\n"))
    }

    fn block(&self, class: &str, spread: &PowerInputs) -> String {
        let PowerInputs { between_cases, between_seeds, n_cases, n_seeds } = *spread;
        let Some(between_seeds) = between_seeds else {
            return format!(
                "{class}: {n_cases} cases, SD of differences between cases {between_cases:.3}; how far \
                 seeds scatter is unknown: no setting has two on the same split\n"
            );
        };
        let found = detectable(between_cases, between_seeds, n_cases, n_seeds);
        let found = match found {
            Some(found) if found < 1.0 => format!("{found:.3}"),
            _ => "more than 1, the range of Dice".to_owned(),
        };
        let said =
            "by a test of these two alone; a verdict has stricter rules and finds it less often";
        let head = format!(
            "{class}: {n_cases} cases, {n_seeds} seeds a setting; SD of differences between cases {between_cases:.3}, \
             between seeds {between_seeds:.3}\na true difference of {found} would be found with 80 % power\n({said})\n"
        );
        let mut rows = vec![
            ["to find", "cases (same seeds)", "seeds (same cases)"].map(str::to_owned).to_vec(),
        ];
        for &difference in &self.difference {
            let needed = needed(difference, between_cases, between_seeds, n_cases, n_seeds);
            let more = |n: Option<usize>, present: usize| match n {
                None => "no number is enough".to_owned(),
                Some(n) if n <= present => format!("{n}: enough"),
                Some(n) => format!("{n}: {} more", n - present),
            };
            rows.push(vec![
                format!("{difference}"),
                more(needed.cases, n_cases),
                more(needed.seeds, n_seeds),
            ]);
        }
        head + &aligned(&rows)
    }

    fn as_json(&self, evidence: &Evidence) -> serde_json::Value {
        let of = |(class, spread): (&String, &PowerInputs)| {
            let PowerInputs { between_cases, between_seeds, n_cases, n_seeds } = *spread;
            let asked: Vec<_> = self
                .difference
                .iter()
                .filter_map(|&difference| {
                    let between_seeds = between_seeds?;
                    let needed = needed(difference, between_cases, between_seeds, n_cases, n_seeds);
                    Some(serde_json::json!({ "difference": difference, "cases": needed.cases, "seeds": needed.seeds }))
                })
                .collect();
            serde_json::json!({
                "class": class,
                "cases": n_cases,
                "seeds": n_seeds,
                "between_cases": between_cases,
                "between_seeds": between_seeds,
                "detectable": between_seeds
                    .and_then(|seeds| detectable(between_cases, seeds, n_cases, n_seeds)),
                "needed": asked,
            })
        };
        evidence.spreads.iter().map(of).collect()
    }
}
