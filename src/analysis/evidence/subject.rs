//! [`Subject`]: the settings, their runs and the scores of their cases, as every table needs them; and
//! [`EvidenceOptions`], which choose them.
//!
//! Does not know what is made of them.

use super::{Setting, settings::settings};
use crate::{
    analysis::{FOREGROUND, Measure, RunRow, Tables, case_table::CaseTable},
    event::{CaseRow, Split, WholeCase},
    metric::MaskScores,
    statistics::Scores,
};

/// How runs are compared.
#[derive(Debug, Clone, PartialEq)]
pub struct EvidenceOptions {
    /// Experiment that settings without a base of their own are compared with.
    pub baseline: Option<String>,
    /// The cases that are compared.
    pub split: Split,
    /// Difference of Dice that would matter: smaller ones may be called equivalent.
    pub margin: Option<f64>,
}

/// What the tables are of.
pub(super) struct Subject<'a> {
    pub(super) runs: &'a [RunRow],
    pub(super) settings: Vec<Setting>,
    pub(super) cases: CaseTable<'a>,
    pub(super) split: Split,
    /// Foreground classes in order of first appearance.
    pub(super) foreground: Vec<String>,
    background: Option<String>,
}

impl<'a> Subject<'a> {
    pub(super) fn new(tables: &'a Tables, options: &EvidenceOptions) -> Self {
        let settings = settings(&tables.runs, options.baseline.as_deref());
        let mut foreground: Vec<String> = Vec::new();
        for run in settings.iter().flat_map(|setting| &setting.runs) {
            for class in tables.runs[*run].classes.iter().skip(1) {
                if !foreground.contains(class) {
                    foreground.push(class.clone());
                }
            }
        }
        let first = settings.first().and_then(|setting| setting.runs.first());
        let background = first.and_then(|run| tables.runs[*run].classes.first().cloned());
        Self {
            runs: &tables.runs,
            cases: CaseTable::new(&tables.runs, &tables.scores),
            settings,
            split: options.split,
            foreground,
            background,
        }
    }

    /// Dice of a setting in a class, in the compared split.
    pub(super) fn dice(&self, setting: &Setting, class: &str) -> Scores {
        self.cases.scores(&setting.runs, self.split, class, Measure::Dice)
    }

    /// The foreground as a whole, then each of its classes.
    pub(super) fn classes_and_foreground(&self) -> impl Iterator<Item = &str> {
        std::iter::once(FOREGROUND).chain(self.foreground.iter().map(String::as_str))
    }

    /// All classes, background first.
    pub(super) fn all_classes(&self) -> Vec<String> {
        self.background.iter().chain(&self.foreground).cloned().collect()
    }

    /// Classes of a setting's runs, background first.
    pub(super) fn classes_of(&self, setting: &Setting) -> &'a [String] {
        setting.runs.first().map_or(&[], |run| &self.runs[*run].classes)
    }

    /// Whole cases of a setting in the compared split, with the row of the background, which holds them.
    pub(super) fn wholes<'b>(
        &'b self,
        setting: &'b Setting,
    ) -> impl Iterator<Item = (&'a CaseRow, &'a WholeCase)> + use<'a, 'b> {
        let rows = setting.runs.iter().flat_map(|run| self.cases.rows(*run, self.split, None));
        rows.filter_map(|row| Some((row, row.whole.as_ref()?)))
    }

    /// What is known in space of a class of a setting, row by row; of [`FOREGROUND`] the classes are
    /// merged.
    pub(super) fn spaces<'b>(
        &'b self,
        setting: &'b Setting,
        class: &'b str,
    ) -> Box<dyn Iterator<Item = (&'a CaseRow, &'a MaskScores)> + 'b>
    where
        'a: 'b,
    {
        if class == FOREGROUND {
            return Box::new(self.wholes(setting).map(|(row, whole)| (row, &whole.foreground)));
        }
        let rows = self.rows(setting, self.split, class);
        Box::new(rows.filter_map(|row| Some((row, row.space.as_ref()?))))
    }

    /// Tolerances of the surface Dice that any case was scored at, in order.
    pub(super) fn tolerances_mm(&self) -> Vec<f64> {
        let first =
            self.settings.iter().filter_map(|setting| self.spaces(setting, FOREGROUND).next());
        let nsd = first.flat_map(|(_, space)| &space.surface.nsd);
        let mut tolerances: Vec<f64> = nsd.map(|nsd| nsd.tolerance_mm).collect();
        tolerances.sort_by(f64::total_cmp);
        tolerances.dedup();
        tolerances
    }
}
