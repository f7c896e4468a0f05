//! [`answer`]: every question of a discussion, as far as the evidence allows.
//!
//! Does not know about pages.

use super::{
    discussion::{Discussion, Question},
    each::Scope,
    reference::Reference,
    template::{Filled, Fragment, Template},
};
use crate::{
    analysis::{CellValue, Evidence},
    base::{Error, Fault, Place, Result, text::counted},
    statistics::Verdict,
};
use serde::Serialize;
use std::collections::BTreeSet;

/// The answers of a discussion.
#[derive(Debug, Clone, PartialEq)]
pub struct Answers {
    /// Title of the page.
    pub title: String,
    /// What the page is called: the stem of the file of the questions, and which of them when not
    /// all are answered.
    pub name: String,
    /// In the order of the questions.
    pub answers: Vec<Answer>,
}

/// One answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// Short name of the question.
    pub id: String,
    /// The question.
    pub ask: String,
    /// How far it is answered.
    pub status: AnswerStatus,
    /// The verdict, where the question has one.
    pub verdict: Option<Verdict>,
    /// How far the verdict can be trusted, in words.
    pub strength: Option<String>,
    /// Why the two that the verdict compares may not be comparable.
    pub beware: Option<String>,
    /// What all of it rests on.
    pub basis: String,
    /// The sentences whose every number is known.
    pub claim: Vec<Vec<Fragment>>,
    /// What the researcher says.
    pub prose: Vec<Fragment>,
    /// What could not be said.
    pub missing: Vec<Missing>,
    /// Evidence tables that have rows.
    pub tables: Vec<String>,
    /// Figures.
    pub figures: Vec<String>,
    /// Runs that are cited, each once.
    pub runs: Vec<String>,
    /// Command that answers this question again.
    pub again: String,
}

/// How far a question is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum AnswerStatus {
    /// Every sentence could be said.
    Answered,
    /// Some could.
    Partly,
    /// None could.
    NotMeasured,
}

impl AnswerStatus {
    /// In words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Partly => "partly answered",
            Self::NotMeasured => "not measured",
        }
    }
}

/// What was not measured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Missing {
    /// The cells.
    pub cells: Vec<String>,
    /// What would measure them.
    pub command: Option<String>,
}

/// Answers every question.
///
/// # Errors
/// Every reference that leads to no table, row or column that could ever be, together.
pub fn answer(discussion: &Discussion, evidence: &Evidence, runs: &str) -> Result<Answers> {
    let scope = Scope::of(evidence);
    let mut faults = Vec::new();
    let answers = discussion
        .questions
        .iter()
        .map(|question| {
            let mut tell = |message: String| {
                let message = format!("question `{}`: {message}", question.id);
                faults.push(Fault::new(message).at(Place::file(&discussion.path)));
            };
            let asker = Asker { question, evidence, scope: &scope };
            let again = again(discussion, question, runs);
            asker.answer(again, &mut tell)
        })
        .collect();
    Error::unless_empty(faults)?;
    Ok(Answers { title: discussion.title.clone(), name: discussion.name(), answers })
}

fn again(discussion: &Discussion, question: &Question, runs: &str) -> String {
    let runs = if runs == "runs" { String::new() } else { format!(" --runs {runs}") };
    let file = discussion.path.display();
    format!("seglab answer {} --questions {file}{runs}", question.id)
}

struct Asker<'a> {
    question: &'a Question,
    evidence: &'a Evidence,
    scope: &'a Scope,
}

impl Asker<'_> {
    fn answer(&self, again: String, tell: &mut dyn FnMut(String)) -> Answer {
        let question = self.question;
        let tables = &self.evidence.tables;
        let (mut claim, mut missing, mut runs) = (Vec::new(), Vec::new(), BTreeSet::new());
        for sentence in &question.claim {
            let command = sentence.measure.as_ref().or(question.measure.as_ref());
            let scopes = self.scope.each(sentence.each(), self.evidence);
            if scopes.is_empty() {
                missing.push(Missing { cells: Vec::new(), command: command.cloned() });
            }
            for scope in scopes {
                let Ok(template) = Template::parse(&scope.apply(&sentence.say)) else { continue };
                let filled = template.fill(self.evidence);
                for (reference, why) in &filled.unknown {
                    tell(format!("`{reference}`: {why}"));
                }
                if filled.empty.is_empty() {
                    runs.extend(filled.runs);
                    claim.push(filled.spans);
                } else {
                    let cells = filled.empty.iter().map(Reference::to_string).collect();
                    missing.push(Missing { cells, command: command.cloned() });
                }
            }
        }
        let prose = question.prose.as_ref().map(|prose| self.prose(prose, tell));
        if let Some(filled) = &prose {
            runs.extend(filled.runs.iter().cloned());
            if !filled.empty.is_empty() {
                let cells = filled.empty.iter().map(Reference::to_string).collect();
                missing.push(Missing { cells, command: question.measure.clone() });
            }
        }
        let prose = prose.map(|filled| filled.spans).unwrap_or_default();
        let [strength, beware] = ["strength", "flags"].map(|column| self.beside_verdict(column));
        let verdict = self.verdict(tell);
        if question.verdict.is_some() && verdict.is_none() {
            let cells = question.verdict.clone().into_iter().collect();
            missing.push(Missing { cells, command: question.measure.clone() });
        }
        missing.dedup();
        for table in question.tables.iter().filter(|id| self.evidence.table(id).is_none()) {
            let known: Vec<&str> = tables.iter().map(|table| table.id).collect();
            tell(format!("there is no table `{table}`; there are {}", known.join(", ")));
        }
        let has_rows =
            |id: &&String| self.evidence.table(id).is_some_and(|table| !table.rows.is_empty());
        let is_silent = claim.is_empty() && verdict.is_none() && prose.is_empty();
        let status = match (is_silent, missing.is_empty()) {
            (true, _) => AnswerStatus::NotMeasured,
            (false, true) => AnswerStatus::Answered,
            (false, false) => AnswerStatus::Partly,
        };
        Answer {
            id: question.id.clone(),
            ask: question.ask.clone(),
            status,
            verdict,
            strength: strength.filter(|_| verdict.is_some()),
            beware: beware.filter(|_| verdict.is_some()),
            basis: basis(self.evidence),
            claim,
            prose,
            missing,
            tables: question.tables.iter().filter(has_rows).cloned().collect(),
            figures: question.figures.clone(),
            runs: runs.into_iter().collect(),
            again,
        }
    }

    fn prose(&self, prose: &str, tell: &mut dyn FnMut(String)) -> Filled {
        let Ok(template) = Template::parse(&self.scope.apply(prose)) else {
            return Filled::default();
        };
        let filled = template.fill(self.evidence);
        for (reference, why) in &filled.unknown {
            tell(format!("`{reference}`: {why}"));
        }
        filled
    }

    /// The cell that holds the verdict.
    fn verdict_cell(&self) -> Option<Template> {
        let cell = self.question.verdict.as_ref()?;
        Template::parse(&self.scope.apply(&format!("{{{{{cell}}}}}"))).ok()
    }

    /// What that cell says.
    fn verdict(&self, tell: &mut dyn FnMut(String)) -> Option<Verdict> {
        let template = self.verdict_cell()?;
        for (reference, why) in &template.fill(self.evidence).unknown {
            tell(format!("`{reference}`: {why}"));
        }
        let reference = template.references().next()?.current(self.evidence);
        match self.evidence.table(&reference.table)?.value(&reference.keys, &reference.column)? {
            CellValue::Verdict(verdict) => Some(*verdict),
            _ => None,
        }
    }

    /// What another column says in the row of the verdict.
    fn beside_verdict(&self, column: &str) -> Option<String> {
        let template = self.verdict_cell()?;
        let reference = template.references().next()?.current(self.evidence);
        let table = self.evidence.table(&reference.table)?;
        table.value(&reference.keys, column).filter(|value| value.is_some())?;
        table.shown(&reference.keys, column)
    }
}

/// The number of runs, settings, seeds and cases.
fn basis(evidence: &Evidence) -> String {
    let cases: BTreeSet<&String> =
        evidence.effects.iter().flat_map(|it| &it.by_case).map(|(case, _)| case).collect();
    let seeds: BTreeSet<u64> =
        evidence.settings.iter().flat_map(|setting| setting.seeds.clone()).collect();
    let runs: usize = evidence.settings.iter().map(|setting| setting.runs.len()).sum();
    let part = evidence.options.split.words();
    let compared = match cases.len() {
        0 => String::new(),
        n => format!(", compared on {}", counted(n, &format!("{part} case"))),
    };
    format!(
        "{} of {}, {}{compared}",
        counted(runs, "run"),
        counted(evidence.settings.len(), "setting"),
        counted(seeds.len(), "seed"),
    )
}
