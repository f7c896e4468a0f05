//! [`evaluate`]: scores of the best checkpoint on every case, then pictures of a few.
//!
//! The rows of a case are on disk before the next case begins. Cases that have rows already are
//! not scored again, so that an evaluation that was stopped can be resumed.
//!
//! Does not know how a case is predicted or scored.

use super::{Planned, host::RunHost, overlays};
use crate::{
    base::{Error, Fault, Result},
    event::{CaseRow, Event, Listen, Split, Stop},
    infer::{self, Overlay, Predictor, SplitCase, foreground_dice},
    spec::Experiment,
};
use std::{
    cell::RefCell,
    collections::BTreeMap,
    rc::Rc,
    time::{Duration, Instant},
};

/// Rows of each case.
pub(super) type Scored = BTreeMap<String, Vec<CaseRow>>;

/// The evaluation of one checkpoint.
pub(super) struct Evaluation<'a> {
    pub(super) experiment: &'a Experiment,
    pub(super) planned: &'a Planned,
    pub(super) predictor: &'a Predictor,
    /// Epoch of the weights.
    pub(super) epoch: usize,
    pub(super) host: &'a Rc<RefCell<RunHost>>,
}

impl Evaluation<'_> {
    /// Scores the cases that `scored` lacks, and draws some of the validation cases.
    ///
    /// Returns who wanted to stop before all was done.
    ///
    /// # Errors
    /// When a case cannot be read or scored, or a row cannot be written.
    pub(super) fn run(&self, mut scored: Scored) -> Result<Option<Stop>> {
        let (known, open): (Vec<_>, Vec<_>) =
            self.planned.evaluated().into_iter().partition(|it| scored.contains_key(&it.case.id));
        for case in known {
            self.report(case, &scored[&case.case.id], None)?;
        }
        let mut overlays = BTreeMap::new();
        let mut longest = Duration::ZERO;
        for case in open {
            if let Some(stop) = self.host.borrow().stop_before(longest) {
                return Ok(Some(stop));
            }
            let began = Instant::now();
            let infer::Evaluated { rows, overlay, seconds } = self.evaluate(case)?;
            self.host.borrow_mut().recorder.cases(&rows)?;
            self.report(case, &rows, Some(seconds))?;
            scored.insert(case.case.id.clone(), rows);
            // Which cases are drawn is known at the end. Three slices of each are small enough to
            // keep; reading and predicting the case again would take much longer.
            if case.split == Split::Valid && self.experiment.evaluate.overlays > 0 {
                overlays.insert(case.case.id.clone(), overlay);
            }
            longest = longest.max(began.elapsed());
        }
        self.draw(&scored, overlays, longest)
    }

    fn evaluate(&self, case: SplitCase<'_>) -> Result<infer::Evaluated> {
        let Self { experiment, planned, predictor, epoch, .. } = *self;
        infer::evaluate(experiment, &planned.dataset, predictor, case, epoch)
    }

    fn report(
        &self,
        SplitCase { case, split }: SplitCase<'_>,
        rows: &[CaseRow],
        seconds: Option<f64>,
    ) -> Result<()> {
        self.host.borrow_mut().hear(&Event::CaseScored {
            case: case.id.clone(),
            split,
            dice: rows.iter().map(|row| row.dice).collect(),
            seconds,
        })
    }

    /// Draws best, median, worst and others. A case that was scored before a stop has no overlay
    /// yet and is predicted once more.
    fn draw(
        &self,
        scored: &Scored,
        mut overlays: BTreeMap<String, Overlay>,
        mut longest: Duration,
    ) -> Result<Option<Stop>> {
        let mut drawable: Vec<(f64, SplitCase<'_>)> = self
            .planned
            .evaluated()
            .into_iter()
            .filter(|it| it.split == Split::Valid)
            .filter_map(|it| Some((foreground_dice(scored.get(&it.case.id)?)?, it)))
            .collect();
        drawable.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.case.id.cmp(&b.1.case.id)));
        let chosen = overlays::choose(drawable.len(), self.experiment.evaluate.overlays);
        for (position, name) in chosen {
            if let Some(stop) = self.host.borrow().stop_before(longest) {
                return Ok(Some(stop));
            }
            let began = Instant::now();
            let (dice, case) = drawable[position];
            let overlay = match overlays.remove(&case.case.id) {
                Some(overlay) => overlay,
                None => self.evaluate(case)?.overlay,
            };
            let case = &case.case.id;
            let png = overlay.png().map_err(|error| {
                Error::run(Fault::new(format!("cannot draw case `{case}`")).caused_by(&error))
            })?;
            let ([lower, upper], slice) = (overlay.window, overlay.slice);
            let rank = position + 1;
            let name = format!(
                "{rank:02}_{name}_{case}_dice-{dice:.2}_slice-{slice}_window-{lower}..{upper}"
            );
            self.host.borrow().recorder.overlay(&name, &png)?;
            longest = longest.max(began.elapsed());
        }
        Ok(None)
    }
}
