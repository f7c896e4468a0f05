//! Tables `scores` and `surfaces`: what each setting reached, by class.
//!
//! Seeds are averaged within a case before cases are, so that a mean is over as many values as
//! there are cases; the spread between cases and that between seeds are kept apart.
//!
//! Does not know about comparisons.

use super::{
    Setting, Subject,
    evidence_table::EvidenceTable,
    value::{CellValue, NumberFormat},
};
use crate::{
    analysis::{FOREGROUND, Measure},
    event::{CaseRow, Split},
    statistics::{Interval, Scores, interval, mean, quantile, standard_deviation},
};
use rayon::prelude::*;
use std::collections::BTreeMap;

const KEYS: &[&str] = &["setting", "class"];

/// What the scores mean.
macro_rules! rules {
    () => {
        "On the native grid. Seeds are averaged within a case, then cases are; n counts cases where the score is defined. Dice is undefined where a class is in neither map (counted), and 0 where it is in only one: missed counts structures of the reference without any prediction, invented those of the prediction without a reference; these three are counted over runs, cases and classes. Precision is undefined where nothing is predicted, recall where nothing is there: each has its own n. The class foreground is the mean over the classes defined in a case. Pooled Dice adds the voxels of all cases first; merged Dice is that of all foreground classes as one."
    };
}

const RULES: &str = rules!();
const RULES_OF_VALID: &str = concat!(
    rules!(),
    " Validation cases also chose the checkpoints, so their scores are optimistic."
);

/// Dice and its kin, of the cases that are compared.
pub(super) fn scores(subject: &Subject<'_>) -> EvidenceTable {
    of_split(subject, subject.split, "scores")
}

/// The same of the test cases, whichever cases are compared.
pub(super) fn test_scores(subject: &Subject<'_>) -> EvidenceTable {
    of_split(subject, Split::Test, "test-scores")
}

fn of_split(subject: &Subject<'_>, split: Split, id: &'static str) -> EvidenceTable {
    // Only a training chooses checkpoints: nobody's label maps that are scored as test cases.
    let rules = if split == Split::Valid { RULES_OF_VALID } else { RULES };
    let mut table = EvidenceTable::new(
        (id, "Scores", rules),
        KEYS,
        &[
            ("dice", "Dice", NumberFormat::Score),
            ("interval", "95 % interval", NumberFormat::Score),
            ("n", "n cases", NumberFormat::Count),
            ("seeds", "seeds", NumberFormat::Count),
            ("between-cases", "SD of cases", NumberFormat::Score),
            ("between-seeds", "SD of seeds", NumberFormat::Score),
            ("median", "median", NumberFormat::Score),
            ("quartiles", "quartiles", NumberFormat::Score),
            ("lowest", "lowest", NumberFormat::Score),
            ("pooled", "pooled Dice", NumberFormat::Score),
            ("merged", "merged Dice", NumberFormat::Score),
            ("iou", "IoU", NumberFormat::Score),
            ("precision", "precision", NumberFormat::Score),
            ("n-precision", "n", NumberFormat::Count),
            ("recall", "recall", NumberFormat::Score),
            ("n-recall", "n", NumberFormat::Count),
            ("specificity", "specificity", NumberFormat::Score),
            ("undefined", "undefined", NumberFormat::Count),
            ("missed", "missed", NumberFormat::Count),
            ("invented", "invented", NumberFormat::Count),
            ("ceiling", "ceiling", NumberFormat::Score),
            ("volume-error", "mean volume error", NumberFormat::Millilitres),
            ("relative-volume-error", "median relative volume error", NumberFormat::Change),
        ],
    );
    subject.push_rows(&mut table, |setting, class| score_row(subject, split, setting, class));
    table.without_empty_columns()
}

fn score_row(
    subject: &Subject<'_>,
    split: Split,
    setting: &Setting,
    class: &str,
) -> Option<Vec<CellValue>> {
    let of = |measure| subject.cases.scores(&setting.runs, split, class, measure);
    let dice = of(Measure::Dice);
    if dice.cases().is_empty() && !subject.has_rows(setting, split) {
        return None;
    }
    let rows: Vec<&CaseRow> = subject.rows(setting, split, class).collect();
    let mut sorted = dice.case_means();
    sorted.sort_by(f64::total_cmp);
    let count =
        |is: fn(&CaseRow) -> bool| CellValue::count(rows.iter().filter(|row| is(row)).count());
    let ceilings: Vec<f64> = rows.iter().filter_map(|row| row.ceiling_dice).collect();
    let (precision, recall) = (of(Measure::Precision), of(Measure::Recall));
    let quartiles = quantile(&sorted, 0.25).zip(quantile(&sorted, 0.75));
    Some(vec![
        dice.mean().into(),
        interval(&dice).into(),
        CellValue::count(sorted.len()),
        CellValue::count(setting.seeds.len()),
        standard_deviation(&sorted).into(),
        standard_deviation(&dice.seed_means()).into(),
        quantile(&sorted, 0.5).into(),
        quartiles.map(|(low, high)| Interval { low, high }).into(),
        sorted.first().copied().into(),
        pooled(&rows).into(),
        (class == FOREGROUND).then(|| merged(subject, setting, split)).flatten().into(),
        of(Measure::Iou).mean().into(),
        precision.mean().into(),
        CellValue::count(precision.cases().len()),
        recall.mean().into(),
        CellValue::count(recall.cases().len()),
        of(Measure::Specificity).mean().into(),
        count(|row| row.dice.is_none()),
        count(|row| row.reference_ml > 0.0 && row.prediction_ml <= 0.0),
        count(|row| row.reference_ml <= 0.0 && row.prediction_ml > 0.0),
        mean(&ceilings).into(),
        of(Measure::VolumeError).mean().into(),
        median(&of(Measure::RelativeVolumeError)).into(),
    ])
}

/// Dice of the foreground with its classes merged, averaged over seeds within a case: blind to
/// which class a voxel is given.
fn merged(subject: &Subject<'_>, setting: &Setting, split: Split) -> Option<f64> {
    let mut by_case: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for row in setting.runs.iter().flat_map(|run| subject.cases.rows(*run, split, None)) {
        let dice = row.whole.as_ref().and_then(|whole| whole.dice);
        by_case.entry(&row.case).or_default().extend(dice);
    }
    let means: Vec<f64> = by_case.values().filter_map(|values| mean(values)).collect();
    mean(&means)
}

/// 2 TP / (2 TP + FP + FN) over all rows at once.
fn pooled(rows: &[&CaseRow]) -> Option<f64> {
    let sum = |of: fn(&CaseRow) -> u64| rows.iter().map(|row| of(row)).sum::<u64>() as f64;
    let both = 2.0 * sum(|row| row.true_positive);
    let all = both + sum(|row| row.false_positive) + sum(|row| row.false_negative);
    (all > 0.0).then(|| both / all)
}

fn median(scores: &Scores) -> Option<f64> {
    let mut sorted = scores.case_means();
    sorted.sort_by(f64::total_cmp);
    quantile(&sorted, 0.5)
}

/// Distances between surfaces.
pub(super) fn surfaces(subject: &Subject<'_>) -> EvidenceTable {
    let tolerances = subject.tolerances_mm();
    let nsd: Vec<(String, String)> =
        tolerances.iter().map(|mm| (format!("nsd-{mm}"), format!("NSD at {mm} mm"))).collect();
    let mut columns = vec![
        ("hd95", "mean HD95", NumberFormat::Millimetres),
        ("hd95-interval", "95 % interval", NumberFormat::Millimetres),
        ("hd95-median", "median HD95", NumberFormat::Millimetres),
        ("one-sided", "at the diagonal", NumberFormat::Count),
        ("n", "n cases", NumberFormat::Count),
        ("assd", "mean ASSD", NumberFormat::Millimetres),
        ("hd", "mean HD", NumberFormat::Millimetres),
        ("boundary-iou", "boundary IoU", NumberFormat::Score),
    ];
    columns.extend(nsd.iter().map(|(id, head)| (id.as_str(), head.as_str(), NumberFormat::Score)));
    let mut table = EvidenceTable::new(
        (
            "surfaces",
            "Distances between surfaces",
            "Edge voxels are those of a mask without its 6-connected erosion; distances run between voxel centres, in mm. HD95 is the larger of the two directed 95th percentiles (linear). Where a class is in only one of the maps its distances are the diagonal of the volume, counted over runs, cases and classes as at the diagonal, and its NSD is 0; where it is in neither they are undefined. NSD: share of both surfaces within the tolerance of the other.",
        ),
        KEYS,
        &columns,
    );
    subject
        .push_rows(&mut table, |setting, class| surface_row(subject, setting, class, &tolerances));
    table
}

fn surface_row(
    subject: &Subject<'_>,
    setting: &Setting,
    class: &str,
    tolerances_mm: &[f64],
) -> Option<Vec<CellValue>> {
    let of = |measure| subject.cases.scores(&setting.runs, subject.split, class, measure);
    let hd95 = of(Measure::Hd95);
    if hd95.cases().is_empty() {
        return None;
    }
    let is_one_sided = |row: &&CaseRow| (row.reference_ml > 0.0) != (row.prediction_ml > 0.0);
    let n_one_sided = subject.rows(setting, subject.split, class).filter(is_one_sided).count();
    let mut values = vec![
        hd95.mean().into(),
        interval(&hd95).into(),
        median(&hd95).into(),
        CellValue::count(n_one_sided),
        CellValue::count(hd95.cases().len()),
        of(Measure::Assd).mean().into(),
        of(Measure::Hd).mean().into(),
        of(Measure::BoundaryIou).mean().into(),
    ];
    values.extend(tolerances_mm.iter().map(|mm| CellValue::from(of(Measure::Nsd(*mm)).mean())));
    Some(values)
}

/// What is in a table of one class only: the foreground has no rows of its own.
impl<'a> Subject<'a> {
    /// Adds a row for every setting and class that `row` has values for; they are worked out side by
    /// side, since resampling takes longest of all.
    fn push_rows(
        &self,
        table: &mut EvidenceTable,
        row: impl Fn(&Setting, &str) -> Option<Vec<CellValue>> + Sync,
    ) {
        let classes: Vec<&str> = self.classes_and_foreground().collect();
        let asked: Vec<(&Setting, &str)> = self
            .settings
            .iter()
            .flat_map(|setting| classes.iter().map(move |class| (setting, *class)))
            .collect();
        let rows: Vec<_> = asked.par_iter().map(|(setting, class)| row(setting, class)).collect();
        for ((setting, class), values) in asked.into_iter().zip(rows) {
            if let Some(values) = values {
                table.push(&[&setting.name, class], &setting.run_ids, values);
            }
        }
    }

    /// Rows of a setting and class in a split; of the foreground those of all its classes.
    pub(super) fn rows<'b>(
        &'b self,
        setting: &'b Setting,
        split: Split,
        class: &'b str,
    ) -> impl Iterator<Item = &'a CaseRow> + use<'a, 'b> {
        let one = (class != FOREGROUND).then_some(class);
        let rows = setting.runs.iter().flat_map(move |run| self.cases.rows(*run, split, one));
        rows.filter(|row| row.class > 0)
    }

    /// Whether a setting was scored in a split.
    pub(super) fn has_rows(&self, setting: &Setting, split: Split) -> bool {
        self.rows(setting, split, FOREGROUND).next().is_some()
    }
}
