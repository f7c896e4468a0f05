//! `seglab eval`: every score of label maps from any source.
//!
//! Does not know how a score is worked out.

use super::{
    folder::folder,
    print::{aligned, json, print},
};
use crate::{
    analysis::{
        Evidence, EvidenceOptions, FOREGROUND, RunRow, RunState, ScoreRow, Tables, evidence,
    },
    base::{Error, Fault, Result},
    data::{
        label_pairs::{LabelPair, pair_labels},
        labels::LabelRule,
    },
    event::{CaseRow, Split},
    metric::{CaseMaps, score_case},
};
use clap::Args;
use rayon::prelude::*;
use std::{
    io::Write,
    path::{Path, PathBuf},
};

/// Tables that are printed, and their columns.
const SHOWN: [(&str, &[&str]); 6] = [
    (
        "scores",
        &[
            "dice",
            "interval",
            "n",
            "median",
            "pooled",
            "merged",
            "iou",
            "precision",
            "recall",
            "specificity",
            "undefined",
            "missed",
            "invented",
            "volume-error",
            "relative-volume-error",
        ],
    ),
    ("surfaces", &[]),
    ("lesions", &[]),
    ("lesions-by-size", &[]),
    ("errors", &[]),
    ("confusion", &[]),
];

/// Scores predictions against references: overlap, surfaces, lesions, kinds of error.
#[derive(Debug, Args)]
pub(crate) struct Command {
    /// Folder of the references.
    #[arg(long, value_name = "DIR", value_parser = folder())]
    reference: PathBuf,
    /// Folder of the predictions: files of the same names, on the same grids.
    #[arg(long, value_name = "DIR", value_parser = folder())]
    prediction: PathBuf,
    /// Names of the classes in label order, the background first.
    #[arg(long, value_name = "A,B,..", value_delimiter = ',', required = true)]
    classes: Vec<String>,
    /// What a stored value means, as in 9=1; may be repeated. Without it values are classes.
    #[arg(long, value_name = "VALUE=CLASS", value_parser = translation)]
    label_map: Vec<(i32, u8)>,
    /// Distances in mm up to which two surfaces count as equal.
    #[arg(long, value_name = "MM,..", value_delimiter = ',', default_value = "1,2", value_parser = tolerance)]
    surface_tolerance_mm: Vec<f64>,
    /// Prints the row of every class of every case, as JSON.
    #[arg(long)]
    json: bool,
}

fn translation(text: &str) -> std::result::Result<(i32, u8), String> {
    let (value, class) = text.split_once('=').ok_or("expected VALUE=CLASS")?;
    let value = value.trim().parse().map_err(|_| "the value is not a whole number")?;
    Ok((value, class.trim().parse().map_err(|_| "the class is not a number from 0 to 255")?))
}

fn tolerance(text: &str) -> std::result::Result<f64, String> {
    let mm: f64 = text.trim().parse().map_err(|_| "expected a distance in mm")?;
    if mm > 0.0 && mm.is_finite() { Ok(mm) } else { Err("a tolerance is above 0".to_owned()) }
}

impl Command {
    /// Scores every case and prints means, or all rows.
    pub(crate) fn run(mut self, out: &mut dyn Write) -> Result<()> {
        for class in &mut self.classes {
            *class = class.trim().to_owned();
        }
        if self.classes.len() < 2 {
            let fault = Fault::new("`--classes` names fewer than two classes");
            return Err(fault
                .hint("the background is the first: `--classes background,tumour`")
                .into());
        }
        let is_taken = |idx: usize| {
            let class = &self.classes[idx];
            class == FOREGROUND || class.is_empty() || self.classes[..idx].contains(class)
        };
        if let Some(idx) = (0..self.classes.len()).find(|idx| is_taken(*idx)) {
            let class = &self.classes[idx];
            let fault = Fault::new(format!("`--classes` cannot name class {idx} `{class}`"));
            let why = "names are not empty, not used twice, and not `foreground`, which means all classes";
            return Err(Error::request(fault.detail(why)));
        }
        let pairs = pair_labels(&self.reference, &self.prediction)?;
        let rule = LabelRule::of(&self.classes, &self.label_map)?;
        let scored: Vec<Result<Vec<CaseRow>>> =
            pairs.par_iter().map(|pair| self.score(pair, &rule)).collect();
        let (mut rows, mut faults) = (Vec::new(), Vec::new());
        for scored in scored {
            match scored {
                Ok(scored) => rows.extend(scored),
                Err(error) => faults.extend(error.faults),
            }
        }
        Error::unless_empty(faults)?;
        if self.json {
            return json(out, &rows);
        }
        print(out, &self.shown(rows))
    }

    fn score(&self, pair: &LabelPair, rule: &LabelRule) -> Result<Vec<CaseRow>> {
        let (reference, prediction) = pair.load(rule)?;
        let maps = CaseMaps {
            reference: &reference.voxels,
            prediction: &prediction,
            ct: None,
            affine: &reference.affine,
            n_classes: self.classes.len(),
            tolerances_mm: &self.surface_tolerance_mm,
        };
        maps.check().map_err(|error| error.of_case(&pair.id))?;
        let scores = score_case(&maps);
        let place = (pair.id.as_str(), Split::Test, 0);
        Ok(CaseRow::of_case(place, &self.classes, scores))
    }

    /// The tables of a single setting, which is the folder of the predictions.
    fn shown(&self, rows: Vec<CaseRow>) -> String {
        let name = shown_name(&self.prediction);
        let run = RunRow {
            experiment: name.clone(),
            run: name.clone(),
            status: RunState::Finished,
            classes: self.classes.clone(),
            ..RunRow::default()
        };
        let score = |score| ScoreRow { run: name.clone(), score };
        let tables = Tables {
            runs: vec![run],
            scores: rows.into_iter().map(score).collect(),
            ..Tables::default()
        };
        let asked = EvidenceOptions { baseline: None, split: Split::Test, margin: None };
        let evidence = evidence(&tables, asked);
        let table = |(id, columns): (&str, &[&str])| text(&evidence, id, columns);
        SHOWN.into_iter().filter_map(table).collect::<Vec<_>>().join("\n")
    }
}

/// A table without the column that says which setting it is.
fn text(evidence: &Evidence, id: &str, columns: &[&str]) -> Option<String> {
    let table = evidence.table(id)?;
    let is_shown = |id: &str| columns.is_empty() || columns.contains(&id);
    let shown: Vec<usize> =
        (0..table.columns.len()).filter(|idx| is_shown(&table.columns[*idx].id)).collect();
    let keys = table.keys.iter().skip(1).map(|key| (*key).to_owned());
    let heads = shown.iter().map(|idx| table.columns[*idx].head.clone());
    let mut lines = vec![keys.chain(heads).collect::<Vec<_>>()];
    for row in &table.rows {
        let cells = shown.iter().map(|idx| row.values[*idx].shown(table.columns[*idx].format));
        lines.push(row.keys.iter().skip(1).cloned().chain(cells).collect());
    }
    (lines.len() > 1).then(|| format!("{}\n{}\n{}", table.title, table.about, aligned(&lines)))
}

fn shown_name(folder: &Path) -> String {
    folder.file_name().map_or_else(|| "predictions".to_owned(), |it| it.to_string_lossy().into())
}
