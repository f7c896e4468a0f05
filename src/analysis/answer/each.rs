//! [`Scope`]: the values of `$baseline`, `$class`, `$setting` and `$base` in a sentence.
//!
//! Does not know about references.

use crate::analysis::Evidence;

/// What a sentence is said once for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Each {
    /// Every foreground class, as `$class`.
    Class,
    /// Every setting, as `$setting`.
    Setting,
    /// Every setting that is compared with another, as `$setting`, and the other as `$base`.
    Ablation,
}

impl Each {
    /// From its word: `class`, `setting` or `ablation`.
    pub(super) fn named(word: &str) -> Option<Self> {
        match word {
            "class" => Some(Self::Class),
            "setting" => Some(Self::Setting),
            "ablation" => Some(Self::Ablation),
            _ => None,
        }
    }

    /// Names that a sentence may use in addition to those that are known everywhere.
    fn names(each: Option<Self>) -> &'static [&'static str] {
        match each {
            None => &[],
            Some(Self::Class) => &["$class"],
            Some(Self::Setting) => &["$setting"],
            Some(Self::Ablation) => &["$setting", "$base"],
        }
    }
}

/// Names in a text, such as `$class`, that have no value there.
pub(super) fn unknown_names(text: &str, each: Option<Each>) -> Vec<String> {
    let names = text.split('$').skip(1).map(|rest| {
        let word: String = rest.chars().take_while(char::is_ascii_alphabetic).collect();
        format!("${word}")
    });
    let known = |name: &str| EVERYWHERE.contains(&name) || Each::names(each).contains(&name);
    names.filter(|name| name.len() > 1 && !known(name)).collect()
}

/// Names that have a value in every text.
const EVERYWHERE: [&str; 2] = ["$baseline", "$part"];

/// Names that sentences may use.
#[derive(Debug, Clone, Default)]
pub(super) struct Scope(Vec<(&'static str, String)>);

impl Scope {
    /// What holds everywhere: `$baseline` is the setting of the experiment that was asked for, else
    /// the one that most others are compared with; `$part` the part that the compared cases play.
    pub(super) fn of(evidence: &Evidence) -> Self {
        let asked = evidence.options.baseline.as_ref();
        let baseline = evidence
            .baseline()
            .map(|idx| &evidence.settings[idx])
            .filter(|setting| asked.is_none_or(|experiment| setting.experiment == *experiment));
        // An experiment that has no runs yet is missed by its name: no other may speak for it.
        let name = baseline.map(|setting| setting.name.clone()).or_else(|| asked.cloned());
        let part = ("$part", evidence.options.split.words().to_owned());
        Self(name.map(|name| ("$baseline", name)).into_iter().chain([part]).collect())
    }

    /// The scopes that a sentence is said in.
    pub(super) fn each(&self, each: Option<Each>, evidence: &Evidence) -> Vec<Self> {
        let with = |names: Vec<(&'static str, String)>| {
            Self(self.0.iter().cloned().chain(names).collect())
        };
        match each {
            None => vec![self.clone()],
            Some(Each::Class) => {
                evidence.classes.iter().map(|class| with(vec![("$class", class.clone())])).collect()
            }
            Some(Each::Setting) => {
                let settings = evidence.settings.iter();
                settings.map(|setting| with(vec![("$setting", setting.name.clone())])).collect()
            }
            Some(Each::Ablation) => evidence
                .settings
                .iter()
                .filter_map(|setting| {
                    let base = evidence.settings[setting.base?].name.clone();
                    Some(with(vec![("$setting", setting.name.clone()), ("$base", base)]))
                })
                .collect(),
        }
    }

    /// A text with the names put in; inside a reference a name that needs quotes gets them.
    pub(super) fn apply(&self, text: &str) -> String {
        // The longer names first: `$baseline` begins with `$base`.
        let mut names: Vec<_> = self.0.iter().collect();
        names.sort_by_key(|(name, _)| std::cmp::Reverse(name.len()));
        let replace = |text: &str, is_quoted: bool| {
            names.iter().fold(text.to_owned(), |text, (name, value)| {
                let needs = is_quoted && value.contains([',', ']']);
                let value = if needs { format!("\"{value}\"") } else { value.clone() };
                text.replace(name, &value)
            })
        };
        let mut parts = text.split("{{");
        let first = replace(parts.next().unwrap_or_default(), false);
        parts.fold(first, |said, part| {
            let (inside, after) = part.split_once("}}").unwrap_or((part, ""));
            let close = if part.contains("}}") { "}}" } else { "" };
            format!("{said}{{{{{}{close}{}", replace(inside, true), replace(after, false))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_put_in_and_quoted_where_a_reference_needs_it() {
        let scope = Scope(vec![("$base", "a".into()), ("$baseline", "b: x = 1, y = 2".into())]);
        let text = "In $baseline {{scores[$baseline, $base].dice}} of $base.";
        assert_eq!(
            scope.apply(text),
            "In b: x = 1, y = 2 {{scores[\"b: x = 1, y = 2\", a].dice}} of a."
        );
    }
}
