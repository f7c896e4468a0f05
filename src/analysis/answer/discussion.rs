//! [`Discussion`]: questions in a TOML file, each with the sentences that would answer it.
//!
//! Does not know about runs.

use super::{
    each::{Each, unknown_names},
    reference::Reference,
    template::Template,
};
use crate::{
    base::{Error, Fault, Place, Result, fs},
    event::Split,
};
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// A file of questions.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Discussion {
    /// Title of the page.
    #[serde(default = "untitled")]
    pub title: String,
    /// Experiments whose runs are the evidence; empty: the baseline and all that extend it.
    #[serde(default)]
    pub experiments: Vec<String>,
    /// Experiment that settings without a base of their own are compared with.
    pub baseline: Option<String>,
    /// Cases that settings are compared on.
    #[serde(default = "valid")]
    pub split: Split,
    /// Difference of Dice that would matter.
    pub margin: Option<f64>,
    /// The questions in order.
    #[serde(rename = "question", default)]
    pub questions: Vec<Question>,
    /// The file.
    #[serde(skip)]
    pub path: PathBuf,
    /// Whether no question was left out.
    #[serde(skip)]
    is_whole: bool,
}

/// One question.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Question {
    /// Short name, for the command line and for links.
    pub id: String,
    /// The question in full.
    pub ask: String,
    /// Cell that holds the verdict; without one the question is answered by what was measured.
    pub verdict: Option<String>,
    /// What the evidence says, sentence by sentence.
    #[serde(default)]
    pub claim: Vec<Sentence>,
    /// What the researcher says, in their own words, with references.
    pub prose: Option<String>,
    /// Evidence tables to show.
    #[serde(default)]
    pub tables: Vec<String>,
    /// Figures to show.
    #[serde(default)]
    pub figures: Vec<String>,
    /// Command that would measure what is missing.
    pub measure: Option<String>,
}

/// A sentence of a claim.
#[derive(Debug, Clone, Deserialize)]
#[serde(from = "Written")]
pub struct Sentence {
    /// The sentence with its references.
    pub say: String,
    /// What it is said once for: `class`, `setting` or `ablation`.
    pub each: Option<String>,
    /// Command that would measure it, where it is not the one of the question.
    pub measure: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Plain(String),
    Whole(Whole),
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Whole {
    say: String,
    each: Option<String>,
    measure: Option<String>,
}

impl Sentence {
    /// What it is said once for, if its word is one of those.
    pub(super) fn each(&self) -> Option<Each> {
        Each::named(self.each.as_deref()?)
    }

    /// What is wrong with it, beside its references.
    fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        if let Some(word) = self.each.as_ref().filter(|_| self.each().is_none()) {
            faults.push(format!(
                "`each` is \"class\", \"setting\" or \"ablation\", found \"{word}\""
            ));
        }
        let unknown = unknown_names(&self.say, self.each());
        faults.extend(unknown.into_iter().map(|name| format!("`{name}` has no value here")));
        if !self.say.contains("{{") {
            let said: String = self.say.chars().take(40).collect();
            faults.push(format!(
                "\"{said}..\" cites nothing; text without a reference belongs in `prose`"
            ));
        }
        faults
    }
}

impl From<Written> for Sentence {
    fn from(written: Written) -> Self {
        match written {
            Written::Plain(say) => Self { say, each: None, measure: None },
            Written::Whole(Whole { say, each, measure }) => Self { say, each, measure },
        }
    }
}

impl Question {
    fn faults(&self) -> Vec<String> {
        let mut faults: Vec<String> = self.claim.iter().flat_map(Sentence::faults).collect();
        let prose = self.prose.iter().flat_map(|prose| unknown_names(prose, None));
        faults.extend(prose.map(|name| format!("`{name}` has no value in prose")));
        let verdict = self.verdict.as_ref().and_then(|cell| Reference::parse(cell).ok());
        if let Some(cell) = verdict.filter(|cell| cell.column != "verdict") {
            faults.push(format!("`verdict = \"{cell}\"` is not a column of verdicts"));
        }
        faults
    }
}

fn untitled() -> String {
    "Discussion".to_owned()
}

fn valid() -> Split {
    Split::Valid
}

impl Discussion {
    /// Reads the questions of a file; `figures` are those that a page can draw.
    ///
    /// # Errors
    /// When the file cannot be read or is no TOML of questions, with its place; every question
    /// that names what is not there, together.
    pub fn read(path: &Path, figures: &[&str]) -> Result<Self> {
        let text = fs::read_text(path)?;
        let mut discussion: Self = toml::from_str(&text).map_err(|error| {
            let span = error.span().unwrap_or(0..0);
            let place = Place::in_text(&path.display().to_string(), &text, &span);
            Error::request(Fault::new(error.message().trim().to_owned()).at(place))
        })?;
        path.clone_into(&mut discussion.path);
        discussion.is_whole = true;
        let mut faults = Vec::new();
        let mut tell = |message: String| {
            faults.push(Fault::new(message).at(Place::file(path)));
        };
        if discussion.questions.is_empty() {
            tell("the file has no `[[question]]`".to_owned());
        }
        if discussion.split == Split::Train {
            tell("`split` must be `valid` or `test`: training cases are not scored".to_owned());
        }
        if discussion.margin.is_some_and(|margin| !(margin > 0.0 && margin < 1.0)) {
            tell("`margin` is a difference of Dice, above 0 and below 1".to_owned());
        }
        for (idx, question) in discussion.questions.iter().enumerate() {
            let id = &question.id;
            let is_plain = |letter: char| letter.is_ascii_alphanumeric() || letter == '-';
            if id.is_empty() || !id.chars().all(is_plain) {
                tell(format!("question `{id}`: an id has letters, digits and `-`"));
            }
            if discussion.questions[..idx].iter().any(|other| other.id == *id) {
                tell(format!("two questions are called `{id}`"));
            }
            for figure in question.figures.iter().filter(|it| !figures.contains(&it.as_str())) {
                let known = figures.join(", ");
                tell(format!("question `{id}`: no figure is called `{figure}`; there are {known}"));
            }
            for fault in question.faults() {
                tell(format!("question `{id}`: {fault}"));
            }
            let texts = question.claim.iter().map(|sentence| &sentence.say);
            let verdict = question.verdict.iter().map(|cell| format!("{{{{{cell}}}}}"));
            let texts = texts.chain(&question.prose).cloned().chain(verdict);
            for fault in texts.filter_map(|text| Template::parse(&text).err()).flatten() {
                tell(format!("question `{id}`: {fault}"));
            }
        }
        Error::unless_empty(faults)?;
        Ok(discussion)
    }

    /// What its page is called: the stem of its file, and the ids when they are not all.
    pub(super) fn name(&self) -> String {
        let stem = self.path.file_stem().unwrap_or_default().to_string_lossy();
        let ids: Vec<&str> = self.questions.iter().map(|it| it.id.as_str()).collect();
        if self.is_whole { stem.into_owned() } else { format!("{stem}-{}", ids.join("-")) }
    }

    /// The questions of these ids, in the order of the file; all when none is named.
    ///
    /// # Errors
    /// Every id that no question has.
    pub fn only(&mut self, ids: &[String]) -> Result<()> {
        let known = |id: &&String| self.questions.iter().any(|question| question.id == **id);
        let names: Vec<&str> = self.questions.iter().map(|it| it.id.as_str()).collect();
        let unknown = ids.iter().filter(|id| !known(id)).map(|id| {
            Fault::new(format!("no question of `{}` is called `{id}`", self.path.display()))
                .detail(format!("there are {}", names.join(", ")))
        });
        Error::unless_empty(unknown.collect())?;
        if !ids.is_empty() {
            self.is_whole = self.questions.iter().all(|question| ids.contains(&question.id));
            self.questions.retain(|question| ids.contains(&question.id));
        }
        Ok(())
    }
}
