//! [`steps`]: what to do next, by a few plain rules.
//!
//! Each step follows from something that is in the rows, and says from what. No rule claims to
//! know how a run that was not made would have ended.
//!
//! Does not know how a step is shown.

use super::{
    AxisRow, AxisScale, FailureRow, LevelRow, NextStep, SettingRow, SweepTables, sources::Sources,
    values::number,
};
use crate::{
    base::text::counted,
    record::RunState,
    spec::SweepAxis,
    statistics::{Required, Verdict},
};
use toml::Value;

/// Share of a range at either end of which the best value lies "at the end".
const AT_THE_END: f64 = 0.05;

/// What to do next, most urgent first.
pub(super) fn steps(
    sweep: &SweepTables,
    sources: &Sources<'_>,
    enough: Option<Required>,
) -> Vec<NextStep> {
    let mut steps: Vec<NextStep> = sweep.failures.iter().map(|it| failed(sweep, it)).collect();
    steps.extend(unfinished(sweep));
    steps.extend(trials_left(sweep));
    if let Some(best) = sweep.best() {
        steps.extend(sweep.axes.iter().filter_map(|axis| beyond(sources, axis, best)));
        steps.extend(more_seeds(sweep, enough));
        steps.extend(confirm(sweep, best));
    }
    steps
}

fn failed(sweep: &SweepTables, failure: &FailureRow) -> NextStep {
    let n = counted(failure.cells.len(), "cell");
    let why = format!("{}: {}", failure.class, failure.reason);
    match (failure.class.as_str(), failure.is_passing) {
        ("damaged", _) => NextStep {
            what: format!("Look at {n} whose run cannot be read"),
            why,
            command: Some("seglab doctor".to_owned()),
        },
        ("refused", _) => NextStep {
            what: format!("See to what kept {n} from beginning"),
            why,
            command: Some("seglab sweep run SPEC".to_owned()),
        },
        (_, true) => NextStep {
            what: format!("Try {n} again: the reason may have passed"),
            why,
            command: Some(format!("seglab sweep retry {}", sweep.experiment)),
        },
        (_, false) => {
            let advice = failure.advice.first().map(|advice| format!("; {advice}"));
            NextStep {
                what: format!("Change what made {n} fail; as they are they would fail again"),
                why: why + &advice.unwrap_or_default(),
                command: None,
            }
        }
    }
}

fn unfinished(sweep: &SweepTables) -> Option<NextStep> {
    let open = || sweep.cells.iter().filter(|cell| cell.state.is_open());
    let n_left_out = open().filter(|cell| cell.reason.is_some()).count();
    let (n_open, n_running) = (open().count(), sweep.n_in(RunState::Running));
    let mut why = vec![format!(
        "{} to be begun, {} to go on",
        sweep.n_in(RunState::Queued),
        sweep.n_in(RunState::Interrupted)
    )];
    if n_left_out > 0 {
        why.push(format!("{n_left_out} left out for lack of time"));
    }
    if n_running > 0 {
        why.push(format!("{} under way", counted(n_running, "cell")));
    }
    (n_open > 0).then(|| NextStep {
        what: format!(
            "Go on with {} that {} no answer yet",
            counted(n_open, "cell"),
            if n_open == 1 { "has" } else { "have" }
        ),
        why: why.join(", "),
        command: Some("seglab sweep run SPEC".to_owned()),
    })
}

fn trials_left(sweep: &SweepTables) -> Option<NextStep> {
    let n = sweep.n_trials_left;
    (n > 0).then(|| NextStep {
        what: format!("Go on with the search: {} to be proposed", counted(n, "trial")),
        why: format!("{} proposes each from the results before it", sweep.sampler),
        command: Some("seglab sweep run SPEC".to_owned()),
    })
}

/// An axis whose best value has no neighbour on one side.
fn beyond(sources: &Sources<'_>, axis: &AxisRow, best: &SettingRow) -> Option<NextStep> {
    // Where nothing is worse than the first, its place says little.
    let is_worse = |level: &LevelRow| level.to_best.is_some_and(|it| it.verdict == Verdict::Worse);
    if !axis.levels.iter().any(is_worse) {
        return None;
    }
    let value = number(best.values.get(&axis.key)?)?;
    let numbers: Vec<f64> = axis.values.iter().filter_map(|value| number(value)).collect();
    if axis.scale == AxisScale::Names || numbers.len() < 2 {
        return None;
    }
    let sweep = sources.base.experiment.as_ref().and_then(|it| it.sweep.as_ref());
    let span = match sweep.and_then(|sweep| sweep.axes.get(&axis.key)) {
        Some(SweepAxis::Range(span)) if span.steps.is_none() => Some([span.from, span.to]),
        _ => None,
    };
    let (end, next) = match span {
        Some(ends) => past_range(axis.scale, ends, value)?,
        None => past_steps(axis.scale, &numbers, value)?,
    };
    let is_whole = numbers.iter().all(|number| number.fract() == 0.0);
    let (shown, next) = tidy(next, is_whole)?;
    let is_new = number(&shown).is_some_and(|next| !numbers.contains(&next));
    (is_new && sources.base.allows(&axis.key, &next)).then(|| NextStep {
        what: format!(
            "Try values of {} {} {}, such as {shown}",
            axis.key,
            if number(&shown).is_some_and(|next| next < end) { "below" } else { "above" },
            plain(end)
        ),
        why: format!(
            "the setting ranked first has {}, at the end of what was tried",
            best.values[&axis.key]
        ),
        command: None,
    })
}

/// The end at which a value lies, and a step beyond it as large as the last one.
fn past_steps(scale: AxisScale, numbers: &[f64], value: f64) -> Option<(f64, f64)> {
    let last = numbers.len() - 1;
    #[expect(clippy::float_cmp, reason = "both were read from the same text")]
    let (end, before) = match value {
        _ if value == numbers[last] => (numbers[last], numbers[last - 1]),
        _ if value == numbers[0] => (numbers[0], numbers[1]),
        _ => return None,
    };
    Some((end, one_further(scale, end, before, 1.0)))
}

/// The end of a range near which a value lies, and a quarter of the range beyond it.
fn past_range(scale: AxisScale, [from, to]: [f64; 2], value: f64) -> Option<(f64, f64)> {
    let inner = |number: f64| if scale == AxisScale::Log { number.ln() } else { number };
    let place = (inner(value) - inner(from)) / (inner(to) - inner(from));
    match place {
        _ if place > 1.0 - AT_THE_END => Some((to, one_further(scale, to, from, 0.25))),
        _ if place < AT_THE_END => Some((from, one_further(scale, from, to, 0.25))),
        _ => None,
    }
}

fn one_further(scale: AxisScale, end: f64, before: f64, share: f64) -> f64 {
    match scale {
        AxisScale::Log => end * (end / before).powf(share),
        _ => end + (end - before) * share,
    }
}

/// A number to two digits, as text and as a value; a whole one where all others are.
fn tidy(number: f64, is_whole: bool) -> Option<(String, Value)> {
    let number: f64 = format!("{number:.1e}").parse().ok()?;
    if is_whole {
        #[expect(clippy::cast_possible_truncation, reason = "rounded, and no key is that large")]
        let whole = number.round() as i64;
        return Some((whole.to_string(), Value::Integer(whole)));
    }
    Some((plain(number), Value::Float(number)))
}

fn plain(number: f64) -> String {
    serde_json::Value::from(number).to_string()
}

/// More seeds, where settings cannot be told from the first.
fn more_seeds(sweep: &SweepTables, enough: Option<Required>) -> Option<NextStep> {
    let second = sweep.settings.get(1).filter(|it| it.rank.is_some())?;
    let to_best = second.to_best?;
    if to_best.verdict == Verdict::Worse && !to_best.has_one_seed {
        return None;
    }
    let alike = sweep.settings.iter().skip(1).filter(|it| it.rank.is_some());
    let n_alike =
        alike.filter(|it| it.to_best.is_some_and(|it| it.verdict != Verdict::Worse)).count();
    let (what, needed) = match enough? {
        Required::Seeds(n) => (
            "Add seeds to sweep.seeds",
            format!(
                "about {n} seeds each would tell the first two apart, if their difference and \
                 spread stay what they are"
            ),
        ),
        Required::Unknown => (
            "Add seeds to sweep.seeds, so that there are at least 3",
            "with one seed nothing is known of the spread between seeds".to_owned(),
        ),
        Required::Cases(n) => (
            "Validate on more cases, or by folds (sweep.folds)",
            format!(
                "more seeds would hardly tell the first two apart: it would take about {n} \
                 validation cases"
            ),
        ),
        Required::Nothing => return None,
    };
    Some(NextStep {
        what: what.to_owned(),
        why: format!(
            "the second against the first: {}; {} cannot be told from the first; {needed}",
            to_best.words(),
            counted(n_alike, "setting")
        ),
        command: None,
    })
}

/// The choice was made on the validation cases: something else must confirm it.
fn confirm(sweep: &SweepTables, best: &SettingRow) -> Option<NextStep> {
    let is_over = sweep.cells.iter().all(|cell| cell.state.is_over());
    (is_over && best.test.mean.is_none() && sweep.n_scored() > 1).then(|| NextStep {
        what: "Confirm the choice on cases that chose nothing (split.test)".to_owned(),
        why: format!(
            "{} were tried on the same validation cases, and no test case was kept back",
            counted(sweep.n_scored(), "setting")
        ),
        command: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_beyond_the_end_is_as_large_as_the_last_one() {
        let further = |scale, numbers: &[f64], value| {
            let (_, next) = past_steps(scale, numbers, value)?;
            Some(tidy(next, false)?.0)
        };
        let rates = [1e-4, 1e-3, 1e-2];
        assert_eq!(further(AxisScale::Log, &rates, 1e-2).as_deref(), Some("0.1"));
        assert_eq!(further(AxisScale::Log, &rates, 1e-4).as_deref(), Some("0.00001"));
        assert_eq!(further(AxisScale::Log, &rates, 1e-3), None);
        assert_eq!(further(AxisScale::Linear, &[0.1, 0.3], 0.3).as_deref(), Some("0.5"));
        assert_eq!(tidy(15.99, true).unwrap().0, "16");
    }

    #[test]
    fn near_the_end_of_a_range_is_at_its_end() {
        let past = |value| past_range(AxisScale::Log, [1e-4, 1e-2], value).map(|it| it.0);
        assert_eq!([past(9e-3), past(1e-3), past(1.1e-4)], [Some(1e-2), None, Some(1e-4)]);
    }
}
