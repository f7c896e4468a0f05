//! Figures of all settings: forest, paired differences, ranks, noise floor, curves with bands.
//!
//! Does not know about single cases but their differences.

use super::Source;
use crate::{
    analysis::{
        CellValue, Change, ClassDetail, Comparison, CurvePoint, Effect, EpochRow, Evidence,
        FOREGROUND, NumberFormat, Split,
    },
    base::Result,
    report::figure::{
        BandAxis, BandPanel, BandSetting, Forest, ForestGroup, ForestRow, LearningBands,
        NoiseFigure, NoisePanel, Paired, PairedPanel, PairedRow, Quantity, RankedSetting, Ranks,
        Stroke, forest, learning_bands, noise_floor, paired, ranks,
    },
};
use std::collections::BTreeMap;

/// Most settings of a figure of curves.
pub(super) const MOST_CURVES: usize = 8;
/// Settings of a figure with a row each.
pub(super) const MOST_ROWS: usize = 40;

/// Which cases were compared, in words.
pub(super) fn part(evidence: &Evidence) -> &'static str {
    match evidence.options.split {
        Split::Test => "the test cases",
        _ => "the validation cases",
    }
}

/// Dice of a setting, or of all.
pub(super) fn dice(evidence: &Evidence, of: &str) -> Quantity {
    let of =
        if of.is_empty() { part(evidence).into() } else { format!("{of}, {}", part(evidence)) };
    Quantity { name: "Dice".into(), unit: None, of }
}

/// The base that most effects are against, as its name; effects against others are left out of
/// what can show one base only.
fn base(evidence: &Evidence) -> Option<usize> {
    let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
    for effect in &evidence.effects {
        *counts.entry(effect.base).or_default() += 1;
    }
    counts.into_iter().max_by_key(|(base, n)| (*n, std::cmp::Reverse(*base))).map(|(base, _)| base)
}

/// Effects with their intervals.
pub(super) fn forests(source: Source<'_>) -> Result<Option<String>> {
    let evidence = source.evidence;
    let Some(base) = base(evidence) else { return Ok(None) };
    let settings: Vec<usize> = (0..evidence.settings.len())
        .filter(|setting| evidence.effects.iter().any(|effect| effect.setting == *setting))
        .take(MOST_ROWS)
        .collect();
    let groups = settings.into_iter().map(|setting| {
        let effects = evidence.effects.iter().filter(|effect| effect.setting == setting);
        let row = |Effect { class, judged, .. }: &Effect| {
            let Comparison { difference, n_seeds: [ours, theirs], .. } = judged.comparison;
            ForestRow {
                class: class.clone(),
                effect: Some(difference.mean),
                interval: Some(difference.interval),
                noise: judged.noise,
                verdict: judged.verdict,
                n_cases: difference.n_cases,
                n_seeds: ours.min(theirs),
            }
        };
        let its = &evidence.settings[setting];
        let own = its.base.filter(|own| *own != base).map(|own| &evidence.settings[own].name);
        let against = own.map_or(String::new(), |name| format!(" (against {name})"));
        ForestGroup {
            name: format!("{}{against}", its.name),
            change: its.changes.iter().map(Change::words).collect::<Vec<_>>().join(", "),
            cost: cost(evidence, &its.name),
            rows: effects.map(row).collect(),
        }
    });
    forest(&Forest {
        quantity: dice(evidence, ""),
        baseline: evidence.settings[base].name.clone(),
        margin: evidence.options.margin,
        groups: groups.collect(),
    })
}

/// `+12.0 % time, -3.0 % parameters`; nothing that is the same.
fn cost(evidence: &Evidence, setting: &str) -> Option<String> {
    let table = evidence.table("ablations")?;
    let row = table.row(&[setting.to_owned()])?;
    let part = |column: &str, what: &str| {
        let value = &row.values[table.column(column)?];
        let CellValue::Number(change) = value else { return None };
        (change.abs() >= 0.0005).then(|| format!("{} {what}", value.shown(NumberFormat::Change)))
    };
    let parts = [
        part("seconds-change", "time"),
        part("memory-change", "memory"),
        part("parameters-change", "parameters"),
    ];
    let words: Vec<String> = parts.into_iter().flatten().collect();
    (!words.is_empty()).then(|| words.join(", "))
}

/// Differences case by case.
pub(super) fn differences(source: Source<'_>) -> Result<Option<String>> {
    let evidence = source.evidence;
    let Some(base) = base(evidence) else { return Ok(None) };
    let settings: Vec<usize> = (0..evidence.settings.len())
        .filter(|setting| {
            evidence.effects.iter().any(|it| it.setting == *setting && it.base == base)
        })
        .take(MOST_ROWS)
        .collect();
    let classes = std::iter::once(FOREGROUND).chain(evidence.classes.iter().map(String::as_str));
    let panels = classes.map(|class| {
        let find = |setting: usize| {
            let is = |it: &&Effect| it.setting == setting && it.base == base && it.class == class;
            evidence.effects.iter().find(is)
        };
        let row = |setting: &usize| {
            let effect = find(*setting);
            PairedRow {
                differences: effect
                    .map_or(Vec::new(), |it| it.by_case.iter().map(|case| case.1).collect()),
                mean: effect.map(|it| it.judged.comparison.difference.mean),
                interval: effect.map(|it| it.judged.comparison.difference.interval),
                n_seeds: effect.map_or(0, |it| it.judged.comparison.n_seeds[0]),
            }
        };
        PairedPanel {
            class: class.to_owned(),
            noise: settings.first().and_then(|setting| find(*setting)?.judged.noise),
            rows: settings.iter().map(row).collect(),
        }
    });
    paired(&Paired {
        quantity: dice(evidence, ""),
        baseline: evidence.settings[base].name.clone(),
        panels: panels.collect(),
        settings: settings
            .iter()
            .map(|setting| (evidence.settings[*setting].name.clone(), Stroke::nth(*setting)))
            .collect(),
    })
}

/// Mean ranks with intervals.
pub(super) fn ranking(source: Source<'_>) -> Result<Option<String>> {
    let evidence = source.evidence;
    let rows = evidence.settings.iter().zip(&evidence.ranks).map(|(setting, row)| RankedSetting {
        name: setting.name.clone(),
        mean: row.mean_rank,
        interval: Some(row.interval),
    });
    let test = evidence.friedman.as_ref();
    ranks(&Ranks {
        quantity: Quantity { name: "foreground Dice".into(), ..dice(evidence, "") },
        test: test
            .map(|test| format!("Friedman p {}", CellValue::Number(test.p).shown(NumberFormat::P))),
        n_cases: test.map_or(0, |test| test.n_cases),
        n_seeds: evidence.settings.iter().map(|setting| setting.seeds.len()).min().unwrap_or(0),
        rows: rows.take(MOST_ROWS).collect(),
    })
}

/// How repeated runs scatter.
pub(super) fn noise(source: Source<'_>) -> Result<Option<String>> {
    let evidence = source.evidence;
    let groups: Vec<usize> = (0..evidence.settings.len())
        .filter(|setting| evidence.settings[*setting].seeds.len() > 1)
        .take(MOST_ROWS)
        .collect();
    let n_seeds =
        groups.iter().map(|setting| evidence.settings[*setting].seeds.len()).min().unwrap_or(1);
    let classes = std::iter::once(FOREGROUND).chain(evidence.classes.iter().map(String::as_str));
    let panels = classes.map(|class| {
        let floor = evidence.noise.get(class);
        let means = |setting: &usize| {
            let is = |it: &&ClassDetail| it.setting == *setting && it.class == class;
            let detail = evidence.details.iter().find(is);
            detail.map_or(Vec::new(), |detail| detail.seed_means.clone())
        };
        NoisePanel {
            class: class.to_owned(),
            pooled_sd: floor.map(|floor| floor.between_seeds),
            half_width: floor.map(|floor| floor.of_difference([n_seeds, n_seeds])),
            seed_means: groups.iter().map(means).collect(),
        }
    });
    noise_floor(&NoiseFigure {
        quantity: dice(evidence, ""),
        groups: groups.iter().map(|setting| evidence.settings[*setting].name.clone()).collect(),
        panels: panels.collect(),
    })
}

/// Learning curves, the seeds of a setting as a band.
pub(super) fn bands(source: Source<'_>) -> Result<Option<String>> {
    let (evidence, tables) = (source.evidence, source.tables);
    let mut by_run: BTreeMap<&str, Vec<&EpochRow>> = BTreeMap::new();
    for row in &tables.epochs {
        by_run.entry(&row.run).or_default().push(row);
    }
    let settings = || evidence.settings.iter().take(MOST_CURVES);
    let curve = |runs: &[usize], of: fn(&EpochRow) -> Option<f64>| -> Vec<CurvePoint> {
        let mut by_epoch: BTreeMap<usize, Vec<f64>> = BTreeMap::new();
        for run in runs {
            for row in by_run.get(tables.runs[*run].run.as_str()).into_iter().flatten() {
                by_epoch.entry(row.epoch).or_default().extend(of(row).filter(|it| it.is_finite()));
            }
        }
        // Where a seed has stopped, the mean would be one over others.
        let is_whole = |values: &Vec<f64>| values.len() == runs.len();
        let whole = by_epoch.into_iter().filter(|(_, values)| is_whole(values));
        whole.filter_map(|(epoch, values)| CurvePoint::over(epoch, &values)).collect()
    };
    let panel = |heading: &str, axis: BandAxis, of: fn(&EpochRow) -> Option<f64>| BandPanel {
        heading: heading.to_owned(),
        axis,
        curves: settings().map(|setting| curve(&setting.runs, of)).collect(),
    };
    let settings = settings().enumerate().map(|(idx, setting)| BandSetting {
        name: setting.name.clone(),
        stroke: Stroke::nth(idx),
        n_seeds: setting.runs.len(),
    });
    learning_bands(&LearningBands {
        of: "the settings".into(),
        band: "lowest to highest run".into(),
        settings: settings.collect(),
        panels: vec![
            panel("Training loss", BandAxis::Loss, |row| Some(row.train_loss)),
            panel("Validation loss", BandAxis::Loss, |row| row.valid_loss),
            panel("Validation Dice, foreground", BandAxis::Dice, |row| row.dice_foreground),
        ],
    })
}
