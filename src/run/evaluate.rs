//! [`evaluate`]: the best checkpoint on every case, rows on disk before the next, then pictures.
//!
//! Cases whose rows stand on disk are not scored again, so that a run that was stopped here goes
//! on where it was.
//!
//! Knows nothing of how a case is predicted or scored.

use super::{Planned, host::RunHost, overlays};
use crate::{
    base::{Error, Fault, Result},
    event::{CaseRow, Event, Listen, Split, Stop},
    spec::Experiment,
    train::{self, Evaluated, Segmenter, Subject, foreground_dice},
};
use std::{
    cell::RefCell,
    collections::BTreeMap,
    rc::Rc,
    time::{Duration, Instant},
};

/// Rows of each case.
pub(super) type Scored = BTreeMap<String, Vec<CaseRow>>;

/// Scores with `segmenter`, whose weights are those of `epoch`, the cases that `scored` lacks,
/// and draws some of the validation ones.
///
/// Returns who wanted to stop before all was done.
///
/// # Errors
/// When a case cannot be read or scored, or a row not written.
pub(super) fn evaluate(
    experiment: &Experiment,
    planned: &Planned,
    segmenter: &Segmenter,
    epoch: usize,
    mut scored: Scored,
    host: &Rc<RefCell<RunHost>>,
) -> Result<Option<Stop>> {
    let (known, open): (Vec<_>, Vec<_>) =
        planned.subjects().into_iter().partition(|subject| scored.contains_key(&subject.case.id));
    for subject in known {
        say(subject, &scored[&subject.case.id], None, host)?;
    }
    let mut longest = Duration::ZERO;
    for subject in open {
        if let Some(stop) = host.borrow().stop_before(longest) {
            return Ok(Some(stop));
        }
        let began = Instant::now();
        let keep = |_: Subject<'_>, evaluated: Evaluated| {
            host.borrow_mut().recorder.cases(&evaluated.rows)?;
            say(subject, &evaluated.rows, Some(evaluated.seconds), host)?;
            scored.insert(subject.case.id.clone(), evaluated.rows);
            Ok(())
        };
        train::evaluate(experiment, &planned.dataset, segmenter, &[subject], epoch, keep)?;
        longest = longest.max(began.elapsed());
    }
    if let Some(stop) = host.borrow().stop_before(longest) {
        return Ok(Some(stop));
    }
    draw(experiment, planned, segmenter, epoch, &scored, host)
}

fn say(
    subject: Subject<'_>,
    rows: &[CaseRow],
    seconds: Option<f64>,
    host: &Rc<RefCell<RunHost>>,
) -> Result<()> {
    host.borrow_mut().hear(&Event::CaseScored {
        case: subject.case.id.clone(),
        split: subject.split,
        dice: rows.iter().map(|row| row.dice).collect(),
        seconds,
    })
}

/// Predicts the chosen cases once more: a few predictions cost less than keeping the volumes of
/// all cases until it is known which are wanted.
fn draw(
    experiment: &Experiment,
    planned: &Planned,
    segmenter: &Segmenter,
    epoch: usize,
    scored: &Scored,
    host: &Rc<RefCell<RunHost>>,
) -> Result<Option<Stop>> {
    let mut longest = Duration::ZERO;
    let subjects = planned.subjects();
    let mut drawable: Vec<(f64, Subject<'_>)> = subjects
        .into_iter()
        .filter(|subject| subject.split == Split::Valid)
        .filter_map(|subject| Some((foreground_dice(scored.get(&subject.case.id)?)?, subject)))
        .collect();
    drawable.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.case.id.cmp(&b.1.case.id)));
    for (position, name) in overlays::choose(drawable.len(), experiment.evaluate.overlays) {
        if let Some(stop) = host.borrow().stop_before(longest) {
            return Ok(Some(stop));
        }
        let began = Instant::now();
        let (score, subject) = drawable[position];
        let case = &subject.case.id;
        let keep = |_: Subject<'_>, evaluated: Evaluated| {
            let overlay = evaluated.overlay;
            let png = overlay.png().map_err(|error| {
                Error::run(Fault::new(format!("cannot draw case `{case}`")).caused_by(&error))
            })?;
            let ([lower, upper], slice) = (overlay.window, overlay.slice);
            let rank = position + 1;
            let name = format!(
                "{rank:02}_{name}_{case}_dice-{score:.2}_slice-{slice}_window-{lower}..{upper}"
            );
            host.borrow().recorder.overlay(&name, &png)
        };
        train::evaluate(experiment, &planned.dataset, segmenter, &[subject], epoch, keep)?;
        longest = longest.max(began.elapsed());
    }
    Ok(None)
}
