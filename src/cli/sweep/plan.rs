//! `seglab sweep plan`: the cells of a question with several settings.
//!
//! Knows nothing of how cells are laid out.

use super::super::print::{aligned, json, print};
use crate::{
    error::Result,
    spec,
    sweep::{self, Cell, Plan},
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
}

impl Command {
    /// Prints the plan.
    pub(crate) fn run(self, out: &mut dyn Write) -> Result<()> {
        let plan = sweep::plan(&spec::load(&self.spec, &self.set)?)?;
        if self.json {
            json(out, &shown_as_json(&plan))
        } else {
            print(out, &shown(&plan, self.limit))
        }
    }
}

fn shown(plan: &Plan, limit: usize) -> String {
    let mut rows = vec![["cell", "what differs", "seed", "fold"].map(str::to_owned).to_vec()];
    rows.extend(plan.cells.iter().take(limit).map(|cell| {
        let what = sweep::words(plan, cell);
        vec![cell.number.to_string(), what, cell.seed.to_string(), cell.fold.to_string()]
    }));
    let mut text = aligned(&rows);
    if let Some(more) = plan.cells.len().checked_sub(limit).filter(|more| *more > 0) {
        text.extend([format!("{}\n", count(more, "more cell"))]);
    }
    text.extend([format!(
        "\n{}: {} x {} x {}\n",
        count(plan.cells.len(), "cell"),
        count(plan.n_settings, "setting"),
        count(plan.n_seeds, "seed"),
        count(plan.n_folds, "fold"),
    )]);
    if plan.n_excluded > 0 {
        text.extend([format!("{} excluded\n", count(plan.n_excluded, "setting"))]);
    }
    if plan.n_repeated > 0 {
        let means = if plan.n_repeated == 1 { "means" } else { "mean" };
        text.extend([format!(
            "{} left out that {means} the same as an earlier one\n",
            count(plan.n_repeated, "setting")
        )]);
    }
    if plan.n_following > 0 {
        text.extend([format!(
            "{} to follow, each from the results before it\n",
            count(plan.n_following, "trial")
        )]);
    }
    text
}

fn count(n: usize, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}

fn shown_as_json(plan: &Plan) -> Value {
    let cell = |cell: &Cell| {
        json!({
            "cell": cell.number,
            "what": sweep::words(plan, cell),
            "trial": cell.trial,
            "settings": cell.settings,
            "seed": cell.seed,
            "fold": cell.fold,
        })
    };
    json!({
        "cells": plan.cells.iter().map(cell).collect::<Vec<_>>(),
        "settings": plan.n_settings,
        "seeds": plan.n_seeds,
        "folds": plan.n_folds,
        "excluded": plan.n_excluded,
        "repeated": plan.n_repeated,
        "following-trials": plan.n_following,
    })
}
