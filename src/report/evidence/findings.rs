//! [`findings`]: what the comparisons say, a sentence each, and how many settings were tried;
//! [`missing_bases`]: which have nothing to be compared with.
//!
//! Does not know about single runs.

use super::settings::part;
use crate::analysis::{CellValue, Effect, Evidence, FOREGROUND, NumberFormat, Split};

/// Most comparisons that get a sentence; all are in the table.
const MOST_SENTENCES: usize = 6;

/// Sentences that repeat numbers of the effects; none when nothing is compared.
pub(in crate::report) fn findings(evidence: &Evidence) -> Vec<String> {
    let primary: Vec<&Effect> =
        evidence.effects.iter().filter(|effect| effect.class == FOREGROUND).collect();
    if primary.is_empty() {
        return Vec::new();
    }
    let mut sentences: Vec<String> =
        primary.iter().take(MOST_SENTENCES).map(|effect| sentence(evidence, effect)).collect();
    if primary.len() > MOST_SENTENCES {
        let more = primary.len() - MOST_SENTENCES;
        sentences.push(format!("{more} more comparisons are in the table of effects."));
    }
    if let Some(test) = evidence.friedman.as_ref().filter(|_| evidence.settings.len() > 2) {
        sentences.push(format!(
            "Over all {} settings Friedman's test has p {}: {}.",
            evidence.settings.len(),
            CellValue::Number(test.p).shown(NumberFormat::P),
            if test.p < 0.05 { "some of them differ" } else { "no sign that any two differ" }
        ));
    }
    let n_tried = evidence.n_tried;
    sentences.push(if evidence.options.split == Split::Test {
        format!("{n_tried} settings were tried; these are test cases, which must have chosen none.")
    } else {
        format!(
            "{n_tried} settings were tried on {}, which also chose the checkpoints: the best of \
             them looks better than it is, and only test cases can confirm it.",
            part(evidence)
        )
    });
    sentences
}

/// Which settings extend an experiment that has no run on the page, and what they are compared with
/// instead, a sentence for each experiment.
pub(in crate::report) fn missing_bases(evidence: &Evidence) -> Vec<String> {
    let mut sentences: Vec<String> = Vec::new();
    for setting in &evidence.settings {
        let Some(missing) = &setting.missing_base else { continue };
        let experiment = &setting.experiment;
        let base = setting.base.map(|base| &evidence.settings[base]);
        let instead = match base.filter(|base| base.experiment != *experiment) {
            Some(base) => format!("it is compared with {} instead", base.experiment),
            None => format!(
                "nothing shows what its change does; once {missing} has a finished run, `seglab \
                 report {missing} {experiment}` compares the two"
            ),
        };
        let sentence =
            format!("{experiment} extends {missing}, which has no finished run here: {instead}.");
        if !sentences.contains(&sentence) {
            sentences.push(sentence);
        }
    }
    sentences
}

fn sentence(evidence: &Evidence, effect: &Effect) -> String {
    let difference = effect.judged.comparison.difference;
    let shown = |value: CellValue| value.shown(NumberFormat::Signed);
    format!(
        "{} against {}: foreground Dice {} (95 % {}, {} cases), {}{}.",
        evidence.settings[effect.setting].name,
        evidence.settings[effect.base].name,
        shown(CellValue::Number(difference.mean)),
        shown(CellValue::Interval(difference.interval)),
        difference.n_cases,
        effect.judged.verdict.words(),
        if effect.flags.is_empty() {
            String::new()
        } else {
            format!("; beware, {}", effect.flags.join(", "))
        },
    )
}
