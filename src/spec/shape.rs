//! [`Shape`]: what values a key takes, for the check and for people.
//!
//! Does not know about JSON Schema or what a user wrote.

use super::tree::Value;
use serde_json::{Value as Json, json};

/// A key of a table.
#[derive(Debug)]
pub(super) struct Key {
    pub(super) name: String,
    pub(super) meaning: String,
    pub(super) default: Option<Json>,
    pub(super) required: bool,
    pub(super) shape: Shape,
}

/// What a value may be.
#[derive(Debug)]
pub(super) enum Shape {
    Table(Vec<Key>),
    /// A table whose `kind` decides which other keys it has.
    Variants(Vec<Variant>),
    /// A table of any keys.
    Map(Box<Self>),
    List {
        item: Box<Self>,
        min: usize,
        max: usize,
    },
    /// One of a few words, each with its meaning.
    Choice(Vec<(String, String)>),
    Either(Vec<Self>),
    Integer(Range),
    Number(Range),
    Text,
    Flag,
    /// Any value of the key that a sweep varies.
    Any,
}

/// The keys that go with one `kind`.
#[derive(Debug)]
pub(super) struct Variant {
    pub(super) kind: String,
    pub(super) meaning: String,
    pub(super) keys: Vec<Key>,
}

/// Both ends belong to it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Range {
    pub(super) min: f64,
    pub(super) max: f64,
}

impl Range {
    /// Whether a number lies in it; NaN and the infinities never do.
    pub(super) fn holds(self, number: f64) -> bool {
        number.is_finite() && number >= self.min && number <= self.max
    }

    fn describe(self) -> String {
        match (self.min.is_finite(), self.max.is_finite()) {
            (true, true) => format!(", {} to {}", number(self.min), number(self.max)),
            (true, false) => format!(", at least {}", number(self.min)),
            (false, true) => format!(", at most {}", number(self.max)),
            (false, false) => String::new(),
        }
    }
}

/// A limit as people write it: `1e-9` rather than nine zeros.
fn number(number: f64) -> String {
    let (plain, short) = (number.to_string(), format!("{number:e}"));
    if plain.len() > 7 { short } else { plain }
}

impl Shape {
    /// Whether a value has the right type; its range is not checked.
    pub(super) fn takes(&self, value: &Value) -> bool {
        match self {
            Self::Table(_) | Self::Variants(_) | Self::Map(_) => matches!(value, Value::Table(_)),
            Self::List { .. } => matches!(value, Value::List(_)),
            Self::Choice(_) | Self::Text => matches!(value, Value::Text(_)),
            Self::Either(shapes) => shapes.iter().any(|shape| shape.takes(value)),
            Self::Integer(_) => matches!(value, Value::Integer(_)),
            Self::Number(_) => matches!(value, Value::Integer(_) | Value::Float(_)),
            Self::Flag => matches!(value, Value::Flag(_)),
            Self::Any => !matches!(value, Value::Date(_)),
        }
    }

    /// The type with its range or choices.
    pub(super) fn describe(&self) -> String {
        match self {
            Self::Table(_) => "table".into(),
            Self::Variants(variants) => {
                format!("table of kind {}", or(variants.iter().map(|it| it.kind.as_str())))
            }
            Self::Map(value) => format!("table of {}", value.describe()),
            Self::List { item, min, max } => {
                let count = match (*min, *max) {
                    (0, usize::MAX) => String::new(),
                    (min, usize::MAX) => format!(" of at least {min}"),
                    (min, max) if min == max => format!(" of {min}"),
                    (min, max) => format!(" of {min} to {max}"),
                };
                format!("list{count}: {}", item.describe())
            }
            Self::Choice(words) => or(words.iter().map(|(word, _)| word.as_str())),
            Self::Either(shapes) => {
                shapes.iter().map(Self::describe).collect::<Vec<_>>().join("; or ")
            }
            Self::Integer(range) => format!("integer{}", range.describe()),
            Self::Number(range) => format!("number{}", range.describe()),
            Self::Text => "string".into(),
            Self::Flag => "boolean".into(),
            Self::Any => "a value of the key".into(),
        }
    }

    /// Some value of the shape: it takes the place of a missing one, so that the rest of a spec can
    /// still be checked.
    pub(super) fn placeholder(&self) -> Json {
        match self {
            Self::Table(keys) => placeholders(keys),
            Self::Variants(variants) => variants.first().map_or(Json::Null, |variant| {
                let mut table = placeholders(&variant.keys);
                table["kind"] = json!(variant.kind);
                table
            }),
            Self::Map(_) => json!({}),
            Self::List { item, min, .. } => vec![item.placeholder(); *min].into(),
            Self::Choice(words) => json!(words.first().map(|(word, _)| word)),
            Self::Either(shapes) => shapes.first().map_or(Json::Null, Self::placeholder),
            #[expect(clippy::cast_possible_truncation, reason = "ranges of integers are integers")]
            Self::Integer(range) => json!(range.min.max(0.0) as i64),
            Self::Number(range) => json!(range.min.max(0.0).min(range.max)),
            Self::Text => json!(""),
            Self::Flag => json!(false),
            Self::Any => Json::Null,
        }
    }
}

/// The choice that `kind` is.
pub(super) fn kinds(variants: &[Variant]) -> Shape {
    Shape::Choice(variants.iter().map(|it| (it.kind.clone(), it.meaning.clone())).collect())
}

fn placeholders(keys: &[Key]) -> Json {
    let required = keys.iter().filter(|key| key.required);
    required.map(|key| (key.name.clone(), key.shape.placeholder())).collect()
}

/// `a`, `b` or `c`, in quotes as TOML wants them.
fn or<'a>(words: impl Iterator<Item = &'a str>) -> String {
    let words: Vec<_> = words.map(|word| format!("\"{word}\"")).collect();
    match words.as_slice() {
        [before @ .., last] if !before.is_empty() => format!("{} or {last}", before.join(", ")),
        _ => words.concat(),
    }
}
