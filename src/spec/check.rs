//! [`check`]: every value of a tree against the shape of its key.
//!
//! A wrong value becomes a fault and is left out, so that the rest can still be read and checked.
//!
//! Does not know about rules that join several keys.

use super::{
    keys,
    quotes::{as_typed, quotes},
    schema,
    shape::{self, Key, Range, Shape, Variant},
    source::Origin,
    tree::{Node, Table, Value, join},
};
use crate::base::{Fault, Place, suggest};
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeSet;

/// Whether everything that the user wrote could be read into the tree.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Completeness {
    /// A required key that is absent is a fault.
    Complete,
    /// Some layer could not be read, so an absent key may have been written there.
    Partial,
}

/// A tree after the check.
#[derive(Debug)]
pub(super) struct CheckedTree {
    /// The values that are right, with placeholders for required ones that are not.
    pub(super) json: Json,
    /// Dotted keys that `json` does not hold as the user meant them.
    pub(super) faulty: BTreeSet<String>,
    /// Everything that is wrong.
    pub(super) faults: Vec<Fault>,
}

/// Checks a whole spec; `file` is the place of what was not written.
pub(super) fn check(tree: &Table, completeness: Completeness, file: &Place) -> CheckedTree {
    let mut check = Check { completeness, faulty: BTreeSet::new(), faults: Vec::new() };
    let json = check.table(
        &TablePlace { path: "", place: Some(file.clone()) },
        tree,
        schema::experiment(),
    );
    check.unknown_keys("", tree, schema::experiment());
    CheckedTree { json, faulty: check.faulty, faults: check.faults }
}

/// A table's dotted path and where it begins.
struct TablePlace<'a> {
    path: &'a str,
    place: Option<Place>,
}

struct Check {
    completeness: Completeness,
    faulty: BTreeSet<String>,
    faults: Vec<Fault>,
}

impl Check {
    fn add(&mut self, origin: &Origin, fault: Fault) {
        self.faults.push(Fault { place: origin.place(), ..fault });
    }

    /// The known keys of a table.
    fn table(&mut self, at: &TablePlace<'_>, table: &Table, keys: &[Key]) -> Json {
        let mut json = Map::new();
        for key in keys {
            let path = join(at.path, &key.name);
            let node = table.get(&key.name);
            let value =
                node.and_then(|node| self.value(&path, node, &key.shape, key.default.as_ref()));
            if node.is_none() && key.required && self.completeness == Completeness::Complete {
                self.faults.push(Fault { place: at.place.clone(), ..missing(at.path, key) });
            }
            if value.is_none() && (node.is_some() || key.required) {
                self.faulty.insert(path);
            }
            let stand_in = || key.required.then(|| key.shape.placeholder());
            if let Some(value) = value.or_else(stand_in) {
                json.insert(key.name.clone(), value);
            }
        }
        json.into()
    }

    /// The value, or `None` when it is wrong.
    fn value(
        &mut self,
        path: &str,
        node: &Node,
        shape: &Shape,
        default: Option<&Json>,
    ) -> Option<Json> {
        match (shape, &node.value) {
            // Its fault is told already.
            (_, Value::Unread) => {
                self.faulty.insert(path.to_owned());
                None
            }
            (Shape::Table(keys), Value::Table(table)) => {
                self.unknown_keys(path, table, keys);
                Some(self.table(&TablePlace { path, place: node.key.place() }, table, keys))
            }
            (Shape::Variants(variants), Value::Table(table)) => self.variant(
                &TablePlace { path, place: node.key.place() },
                table,
                variants,
                default,
            ),
            (Shape::Map(shape), Value::Table(table)) => {
                let values = table.iter().filter_map(|(name, node)| {
                    let value = self.value(&join(path, name), node, shape, None)?;
                    Some((name.clone(), value))
                });
                Some(values.collect())
            }
            (Shape::List { item, min, max }, Value::List(items)) => {
                let fits = (*min..=*max).contains(&items.len());
                if !fits {
                    let size = if items.len() < *min { "few" } else { "many" };
                    let message = format!("`{path}` has too {size} values");
                    self.add(&node.origin, mismatch(message, shape, &node.value));
                }
                let values: Vec<_> = items
                    .iter()
                    .enumerate()
                    .map(|(idx, node)| self.value(&format!("{path}[{idx}]"), node, item, None))
                    .collect();
                values.into_iter().collect::<Option<_>>().filter(|_| fits).map(Json::Array)
            }
            (Shape::Choice(words), Value::Text(text)) => {
                let words: Vec<&str> = words.iter().map(|(word, _)| word.as_str()).collect();
                self.word(path, node, shape, &words, text)
            }
            (Shape::Either(shapes), value) if shape.takes(value) => {
                let shape = shapes.iter().find(|shape| shape.takes(value))?;
                self.value(path, node, shape, None)
            }
            (Shape::Integer(range), Value::Integer(integer)) => {
                let value = i64::try_from(*integer).ok().filter(|_| range.holds(*integer as f64));
                self.number(path, node, shape, value.map(Json::from))
            }
            (Shape::Number(range), Value::Integer(integer)) => {
                self.float(path, node, shape, *range, *integer as f64)
            }
            (Shape::Number(range), Value::Float(float)) => {
                self.float(path, node, shape, *range, *float)
            }
            (Shape::Text, Value::Text(text)) => Some(json!(text)),
            (Shape::Text, value) if as_typed(value, &node.origin).is_some() => {
                as_typed(value, &node.origin).map(Json::from)
            }
            (Shape::Flag, Value::Flag(flag)) => Some(json!(flag)),
            (Shape::Any, value) if value.to_json().is_some() => value.to_json(),
            (_, value) => {
                let kind = value.describe();
                let kind = kind.split(' ').next().unwrap_or_default();
                let article = if kind.starts_with('i') { "an" } else { "a" };
                let message = format!("`{path}` cannot be {article} {kind}");
                let mut fault = mismatch(message, shape, value);
                fault.hints.extend(quotes(shape, value, &node.origin));
                self.add(&node.origin, fault);
                None
            }
        }
    }

    fn float(
        &mut self,
        path: &str,
        node: &Node,
        shape: &Shape,
        range: Range,
        number: f64,
    ) -> Option<Json> {
        self.number(path, node, shape, range.holds(number).then(|| json!(number)))
    }

    fn number(
        &mut self,
        path: &str,
        node: &Node,
        shape: &Shape,
        value: Option<Json>,
    ) -> Option<Json> {
        if value.is_none() {
            let message = format!("`{path}` is out of range");
            self.add(&node.origin, mismatch(message, shape, &node.value));
        }
        value
    }

    fn word(
        &mut self,
        path: &str,
        node: &Node,
        shape: &Shape,
        words: &[&str],
        word: &str,
    ) -> Option<Json> {
        if words.contains(&word) {
            return Some(json!(word));
        }
        let mut fault = mismatch(format!("`{path}` cannot be {word:?}"), shape, &node.value);
        fault.hints.extend(suggest::did_you_mean(word, words.iter().copied()));
        self.add(&node.origin, fault);
        None
    }

    /// A table whose keys depend on its `kind`; without a `kind` that of the default holds.
    fn variant(
        &mut self,
        at: &TablePlace<'_>,
        table: &Table,
        variants: &[Variant],
        default: Option<&Json>,
    ) -> Option<Json> {
        let path = join(at.path, "kind");
        let kind = match (table.get("kind"), default) {
            (Some(node), _) => self.value(&path, node, &shape::kinds(variants), None)?,
            (None, Some(default)) => default["kind"].clone(),
            (None, None) => {
                let fault = Fault::new(format!("missing key `kind` {}", place_of(at.path)))
                    .detail(format!("expected  {}", shape::kinds(variants).describe()));
                self.faults.push(Fault { place: at.place.clone(), ..fault });
                return None;
            }
        };
        let variant = variants.iter().find(|variant| kind == *variant.kind)?;
        for (name, node) in table.iter().filter(|(name, _)| *name != "kind") {
            if node.value == Value::Unread || variant.keys.iter().any(|key| key.name == *name) {
                continue;
            }
            let others = variants.iter().filter(|it| it.keys.iter().any(|key| key.name == *name));
            let others: Vec<_> = others.map(|it| format!("`kind = {:?}`", it.kind)).collect();
            if others.is_empty() {
                self.unknown_key(at.path, name, node, &variant.keys);
            } else {
                let message = format!("`{}.{name}` cannot be used with `kind = {kind}`", at.path);
                let fault = Fault::new(message)
                    .detail(format!("it belongs to {}", others.join(" and ")))
                    .detail(format!(
                        "keys of {kind}: {}",
                        names(at.path, &variant.keys).join(", ")
                    ));
                self.add(&node.key, fault);
            }
        }
        let mut json = self.table(at, table, &variant.keys);
        json["kind"] = kind;
        Some(json)
    }

    /// Keys of a table that are not among `keys`.
    fn unknown_keys(&mut self, path: &str, table: &Table, keys: &[Key]) {
        for (name, node) in table {
            // What could not be read may not be a key at all.
            if node.value != Value::Unread && !keys.iter().any(|key| key.name == *name) {
                self.unknown_key(path, name, node, keys);
            }
        }
    }

    fn unknown_key(&mut self, path: &str, name: &str, node: &Node, keys: &[Key]) {
        let mut fault = Fault::new(format!("unknown key `{name}` {}", place_of(path)));
        let known = names(path, keys);
        let sibling = suggest::nearest(name, known.iter().copied());
        let elsewhere = || {
            let listing = keys::listing();
            let same = |key: &&keys::KeyRow| key.key.rsplit('.').next() == Some(name);
            listing.iter().find(same).map(|row| row.key.clone())
        };
        // The key that was meant does not have the value that the user meant either.
        self.faulty.extend(sibling.map(|sibling| join(path, sibling)));
        match sibling.map(str::to_owned).or_else(elsewhere) {
            Some(meant) => fault.hints.push(format!("did you mean `{meant}`?")),
            None => fault.details.push(format!("keys {}: {}", place_of(path), known.join(", "))),
        }
        self.add(&node.key, fault);
    }
}

/// The fault of a required key that is not there; it has no place yet.
pub(super) fn missing(path: &str, key: &Key) -> Fault {
    match &key.shape {
        Shape::Table(keys) => {
            let required = keys.iter().filter(|key| key.required).map(|key| key.name.as_str());
            Fault::new(format!("missing table `[{}]`", join(path, &key.name)))
                .detail(format!("it must hold {}", required.collect::<Vec<_>>().join(", ")))
        }
        shape => Fault::new(format!("missing key `{}` {}", key.name, place_of(path)))
            .detail(format!("expected  {}", shape.describe()))
            .detail(format!("meaning   {}", key.meaning)),
    }
}

fn mismatch(message: String, shape: &Shape, found: &Value) -> Fault {
    Fault::new(message)
        .detail(format!("expected  {}", shape.describe()))
        .detail(format!("found     {}", found.describe()))
}

/// The keys that may be written in the table at `path`. `extends` is none of an experiment: it is gone
/// when the layers are merged.
fn names<'a>(path: &str, keys: &'a [Key]) -> Vec<&'a str> {
    let extends = path.is_empty().then_some("extends");
    keys.iter().map(|key| key.name.as_str()).chain(extends).collect()
}

fn place_of(path: &str) -> String {
    if path.is_empty() { "at the top level".into() } else { format!("in `[{path}]`") }
}
