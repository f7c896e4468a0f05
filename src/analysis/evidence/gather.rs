//! [`Evidence`]: everything that is worked out from some runs, and [`evidence`], which does it.
//!
//! Does not know how any one table is made.

use super::{
    ClassDetail, Effect, EvidenceOptions, EvidenceTable, PowerInputs, Setting, anchors, data,
    details, effects, errors, lesions, noise, scores, settings, subject::Subject, trust,
};
use crate::{
    analysis::Tables,
    event::Split,
    metric::Calibration,
    statistics::{Friedman, NoiseFloor, RankRow},
};
use std::collections::BTreeMap;

/// Everything that can be said of some runs.
#[derive(Debug, Clone, PartialEq)]
pub struct Evidence {
    /// How the runs were compared.
    pub options: EvidenceOptions,
    /// The settings.
    pub settings: Vec<Setting>,
    /// How many settings were tried, those without an answer among them.
    pub n_tried: usize,
    /// Foreground classes.
    pub classes: Vec<String>,
    /// Each setting against its base, by class.
    pub effects: Vec<Effect>,
    /// Noise floor of Dice by class.
    pub noise: BTreeMap<String, NoiseFloor>,
    /// What power rests on, by class.
    pub spreads: BTreeMap<String, PowerInputs>,
    /// Mean ranks, a setting each; empty with one.
    pub ranks: Vec<RankRow>,
    /// Whether any two settings differ at all.
    pub friedman: Option<Friedman>,
    /// Calibration of each setting, where it is known.
    pub calibration: Vec<Option<Calibration>>,
    /// Each setting in each class, case by case.
    pub details: Vec<ClassDetail>,
    /// What can be cited.
    pub tables: Vec<EvidenceTable>,
}

impl Evidence {
    /// Position of the setting that represents all where one must: that of the experiment which was
    /// asked for, else the one that most others are compared with; of several the one with most
    /// runs. `None` without settings.
    pub fn baseline(&self) -> Option<usize> {
        let n_compared =
            |idx: usize| self.settings.iter().filter(|setting| setting.base == Some(idx)).count();
        let rank = |idx: &usize| (n_compared(*idx), self.settings[*idx].runs.len());
        let asked = self.options.baseline.as_ref();
        let is_named =
            |idx: &usize| asked.is_some_and(|name| self.settings[*idx].experiment == *name);
        // The last of equals is taken: from behind, that is the first.
        let all = || (0..self.settings.len()).rev();
        all().filter(is_named).max_by_key(rank).or_else(|| all().max_by_key(rank))
    }

    /// The table of this name.
    pub fn table(&self, id: &str) -> Option<&EvidenceTable> {
        self.tables.iter().find(|table| table.id == id)
    }
}

/// Works everything out; the same rows give the same evidence.
pub fn evidence(tables: &Tables, options: EvidenceOptions) -> Evidence {
    let facts = &tables.cases;
    let subject = Subject::new(tables, &options);
    let floors = effects::noise_floors(&subject);
    let effects = effects::effects(&subject, &floors, options.margin);
    let (ranks, rank_rows, friedman) = noise::ranks(&subject);
    let spreads = noise::spreads(&subject, &effects, &floors);
    let mut found = vec![
        data::data(facts),
        data::classes(&subject, facts),
        data::ceilings(&subject),
        scores::scores(&subject),
        scores::test_scores(&subject),
        scores::surfaces(&subject),
        lesions::lesions(&subject),
        lesions::by_size(&subject),
        errors::errors(&subject),
        errors::associations(&subject),
        errors::worst(&subject),
        trust::confusion(&subject),
        trust::calibration(&subject),
        trust::clinical(&subject),
        trust::gap(&subject, &tables.epochs),
        effects::ablations(&subject),
        effects::table(&subject, &effects),
        noise::noise(&subject, &floors),
        noise::power(&subject, &spreads),
        ranks,
        anchors::anchors(),
    ];
    let of_scored_cases = |table: &EvidenceTable| {
        let others = ["data", "classes", "gap", "ablations", "anchors"];
        !others.contains(&table.id)
    };
    for table in found.iter_mut().filter(|table| of_scored_cases(table)) {
        table.split = Some(match table.id {
            "test-scores" => Split::Test,
            _ => subject.split,
        });
    }
    let calibration =
        subject.settings.iter().map(|setting| trust::pooled(&subject, setting)).collect();
    let details = details::details(&subject);
    let (settings, classes) = (subject.settings, subject.foreground);
    Evidence {
        options,
        settings,
        n_tried: settings::n_tried(&tables.runs),
        classes,
        effects,
        noise: floors,
        spreads,
        ranks: rank_rows,
        friedman,
        calibration,
        details,
        tables: found,
    }
}
