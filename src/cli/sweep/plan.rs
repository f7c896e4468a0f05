//! `seglab sweep plan`: the cells of a sweep.
//!
//! Does not know how cells are planned.

use super::{
    super::print::{aligned, json, print},
    costs::{CostOptions, Costs},
};
use crate::{
    base::{Result, text::counted},
    spec,
    sweep::{self, Plan, PlannedCell, forecast::Cost},
};
use clap::Args;
use serde_json::{Value, json};
use std::{io::Write, path::PathBuf};

/// Shows the cells of a sweep in the order in which they would run.
#[derive(Debug, Args)]
pub(crate) struct Command {
    /// Spec file.
    spec: PathBuf,
    /// Set a key, as in `train.epochs=3`; may be repeated.
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Print JSON, and every cell.
    #[arg(long)]
    json: bool,
    /// The most cells to show.
    #[arg(long, value_name = "N", default_value_t = 100)]
    limit: usize,
    #[command(flatten)]
    costs: CostOptions,
}

impl Command {
    /// Prints the plan.
    pub(crate) fn run(self, out: &mut dyn Write) -> Result<()> {
        let loaded = spec::load(&self.spec, &self.set)?;
        let plan = sweep::plan(&loaded)?;
        let costs = self.costs.predict(&loaded, &plan);
        if self.json {
            json(out, &shown_as_json(&plan, &costs))
        } else {
            print(out, &shown(&plan, &costs, self.limit))
        }
    }
}

fn shown(plan: &Plan, costs: &Costs, limit: usize) -> String {
    let is_known = costs.is_known();
    let cost_heads = if is_known { &["time", "memory", "disk"][..] } else { &[] };
    let head = ["cell", "what differs", "seed", "fold"];
    let mut rows: Vec<Vec<String>> =
        vec![head.iter().chain(cost_heads).map(|it| (*it).into()).collect()];
    rows.extend(plan.cells.iter().zip(&costs.cells).take(limit).map(|(cell, cost)| {
        let what = plan.words(cell);
        let mut row =
            vec![(cell.number + 1).to_string(), what, cell.seed.to_string(), cell.fold.to_string()];
        if is_known {
            row.extend(Costs::words(cost.as_ref()));
        }
        row
    }));
    let mut text = aligned(&rows);
    if let Some(more) = plan.cells.len().checked_sub(limit).filter(|more| *more > 0) {
        text.extend([format!("{}\n", counted(more, "more cell"))]);
    }
    text.extend([format!(
        "\n{}: {} x {} x {}\n",
        counted(plan.cells.len(), "cell"),
        counted(plan.n_settings, "setting"),
        counted(plan.n_seeds, "seed"),
        counted(plan.n_folds, "fold"),
    )]);
    if plan.n_excluded > 0 {
        text.extend([format!("{} excluded\n", counted(plan.n_excluded, "setting"))]);
    }
    if plan.n_repeated > 0 {
        let means = if plan.n_repeated == 1 { "means" } else { "mean" };
        text.extend([format!(
            "{} left out that {means} the same as an earlier one\n",
            counted(plan.n_repeated, "setting")
        )]);
    }
    if plan.n_following > 0 {
        text.extend([format!(
            "{} to follow, each from the results before it\n",
            counted(plan.n_following, "trial")
        )]);
    }
    if is_known {
        text.push_str(&costs.total());
    }
    text
}

fn shown_as_json(plan: &Plan, costs: &Costs) -> Value {
    let cell = |(cell, cost): (&PlannedCell, &Option<Cost>)| {
        json!({
            "cell": cell.number + 1,
            "what": plan.words(cell),
            "trial": cell.trial,
            "settings": cell.settings,
            "seed": cell.seed,
            "fold": cell.fold,
            "cost": cost,
        })
    };
    json!({
        "cells": plan.cells.iter().zip(&costs.cells).map(cell).collect::<Vec<_>>(),
        "predicted": costs.totals,
        "settings": plan.n_settings,
        "seeds": plan.n_seeds,
        "folds": plan.n_folds,
        "excluded": plan.n_excluded,
        "repeated": plan.n_repeated,
        "following-trials": plan.n_following,
    })
}
