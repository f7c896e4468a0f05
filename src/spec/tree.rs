//! [`Node`]: a value of a spec with its origin, and the merging of one tree over another.
//!
//! Does not know which keys there are.

use super::source::Origin;
use serde_json::Value as Json;
use std::{collections::BTreeMap, ops::Range};
use toml::de::{DeTable, DeValue};

/// Keys and their values.
pub(super) type Table = BTreeMap<String, Node>;

/// A value, and where it and its key were written.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Node {
    pub(super) key: Origin,
    pub(super) origin: Origin,
    pub(super) value: Value,
}

/// What TOML can hold.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Text(String),
    /// Wider than TOML's own integers, so that a value out of range can be shown.
    Integer(i128),
    Float(f64),
    Flag(bool),
    Date(String),
    List(Vec<Node>),
    Table(Table),
    /// Something that is not TOML: its fault is told already.
    Unread,
}

impl Value {
    /// The value as a fault shows it, with its type.
    pub(super) fn describe(&self) -> String {
        match self {
            Self::Text(text) => format!("string {text:?}"),
            Self::Integer(i128::MIN | i128::MAX) => "integer of 39 digits or more".into(),
            Self::Integer(integer) => format!("integer {integer}"),
            Self::Float(float) => format!("number {float:?}"),
            Self::Flag(flag) => format!("boolean {flag}"),
            Self::Date(date) => format!("date {date}"),
            Self::List(items) => format!("list of {}", items.len()),
            Self::Table(_) => "table".into(),
            Self::Unread => "unread".into(),
        }
    }

    /// The value as JSON; `None` for what JSON cannot hold: dates, NaN, numbers beyond 64 bits.
    pub(super) fn to_json(&self) -> Option<Json> {
        Some(match self {
            Self::Text(text) => Json::from(text.as_str()),
            Self::Integer(integer) => Json::from(i64::try_from(*integer).ok()?),
            Self::Float(float) => Json::from(serde_json::Number::from_f64(*float)?),
            Self::Flag(flag) => Json::from(*flag),
            Self::Date(_) | Self::Unread => return None,
            Self::List(items) => {
                items.iter().map(|item| item.value.to_json()).collect::<Option<Vec<_>>>()?.into()
            }
            Self::Table(table) => {
                let entry =
                    |(key, node): (&String, &Node)| Some((key.clone(), node.value.to_json()?));
                Json::Object(table.iter().map(entry).collect::<Option<_>>()?)
            }
        })
    }

    /// A value that came as JSON; all of it has one origin.
    pub(super) fn of_json(json: &Json, origin: &Origin) -> Self {
        let node = |json| Node {
            key: origin.clone(),
            origin: origin.clone(),
            value: Self::of_json(json, origin),
        };
        match json {
            // TOML has no null, and so has no value that was read from it.
            Json::Null => Self::Text(String::new()),
            Json::Bool(flag) => Self::Flag(*flag),
            Json::Number(number) => match number.as_i128() {
                Some(integer) => Self::Integer(integer),
                None => Self::Float(number.as_f64().unwrap_or(f64::NAN)),
            },
            Json::String(text) => Self::Text(text.clone()),
            Json::Array(items) => Self::List(items.iter().map(node).collect()),
            Json::Object(table) => {
                Self::Table(table.iter().map(|(key, json)| (key.clone(), node(json))).collect())
            }
        }
    }

    /// The text, if it is one.
    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }
}

/// The dotted key of a name in the table at `path`.
pub(super) fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.into() } else { format!("{path}.{name}") }
}

/// A parsed table as a tree.
pub(super) fn table_of(table: &DeTable<'_>, origin: &dyn Fn(Range<usize>) -> Origin) -> Table {
    let node = |(key, value): (&toml::Spanned<_>, &toml::Spanned<_>)| {
        let key: &toml::Spanned<toml::de::DeString<'_>> = key;
        (key.get_ref().to_string(), node_of(key.span(), value, origin))
    };
    table.iter().map(node).collect()
}

fn node_of(
    key: Range<usize>,
    value: &toml::Spanned<DeValue<'_>>,
    origin: &dyn Fn(Range<usize>) -> Origin,
) -> Node {
    let tree = match value.get_ref() {
        DeValue::String(text) => Value::Text(text.to_string()),
        DeValue::Integer(integer) => integer_of(integer.as_str(), integer.radix()),
        DeValue::Float(float) => Value::Float(float.as_str().parse().unwrap_or(f64::NAN)),
        DeValue::Boolean(flag) => Value::Flag(*flag),
        DeValue::Datetime(date) => Value::Date(date.to_string()),
        DeValue::Array(items) => {
            Value::List(items.iter().map(|item| node_of(item.span(), item, origin)).collect())
        }
        DeValue::Table(table) => Value::Table(table_of(table, origin)),
    };
    Node { key: origin(key), origin: origin(value.span()), value: tree }
}

/// An integer; one that is too long becomes the last there is. Not every number that the parser takes
/// for one is: `1_0;` passes it.
fn integer_of(written: &str, radix: u32) -> Value {
    let digits = written.strip_prefix(['-', '+']).unwrap_or(written);
    if digits.is_empty() || !digits.chars().all(|c| c.is_digit(radix)) {
        return Value::Unread;
    }
    let last = if written.starts_with('-') { i128::MIN } else { i128::MAX };
    Value::Integer(i128::from_str_radix(written, radix).unwrap_or(last))
}

/// The nodes of a parsed table that hold no value.
pub(super) fn unread(table: &Table) -> Vec<&Node> {
    fn of_node(node: &Node) -> Vec<&Node> {
        match &node.value {
            Value::Unread => vec![node],
            Value::List(items) => items.iter().flat_map(of_node).collect(),
            Value::Table(table) => unread(table),
            _ => Vec::new(),
        }
    }
    table.values().flat_map(of_node).collect()
}

/// Lays `over` on `under`: its keys win, tables merge.
///
/// A table that names another `kind` replaces the one below: keys of one kind mean nothing to
/// another.
pub(super) fn merge(under: &mut Table, over: Table) {
    for (key, node) in over {
        match (under.get_mut(&key), node) {
            (
                Some(Node { key: old_key, origin: old_origin, value: Value::Table(old) }),
                Node { key: new_key, origin, value: Value::Table(new) },
            ) if !changes_kind(old, &new) => {
                (*old_key, *old_origin) = (new_key, origin);
                merge(old, new);
            }
            (_, node) => {
                under.insert(key, node);
            }
        }
    }
}

fn changes_kind(old: &Table, new: &Table) -> bool {
    let kind =
        |table: &Table| table.get("kind").and_then(|node| node.value.text().map(str::to_owned));
    matches!((kind(old), kind(new)), (Some(old), Some(new)) if old != new)
}

/// A tree in one line, for tests.
#[cfg(test)]
pub(super) fn show(table: &Table) -> String {
    let entry = |(key, node): (&String, &Node)| match &node.value {
        Value::Table(table) => format!("{key}={{{}}}", show(table)),
        value => format!("{key}={}", value.describe()),
    };
    table.iter().map(entry).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(text: &str) -> Table {
        let table = DeTable::parse(text).unwrap();
        table_of(table.get_ref(), &|_| Origin::Default)
    }

    #[test]
    fn tables_merge_key_by_key_and_lists_are_replaced() {
        let mut under = tree("a = [1, 2]\n[t]\nx = 1\ny = 2.0");
        merge(&mut under, tree("a = [3]\nt.y = true"));
        assert_eq!(show(&under), "a=list of 1, t={x=integer 1, y=boolean true}");
    }

    #[test]
    fn a_table_of_another_kind_replaces_and_one_of_the_same_kind_merges() {
        let mut under = tree("s = { kind = 'a', x = 1 }");
        merge(&mut under, tree("s = { kind = 'a', y = 2 }"));
        assert_eq!(show(&under), "s={kind=string \"a\", x=integer 1, y=integer 2}");
        merge(&mut under, tree("s.kind = 'b'"));
        assert_eq!(show(&under), "s={kind=string \"b\"}");
    }

    #[test]
    fn integers_keep_their_radix_and_one_that_is_too_long_does_not_wrap() {
        let long = "9".repeat(41);
        let table = tree(&format!("a = 0x10\nb = 1_000\nc = {long}\nd = -{long}\ne = -5"));
        let expected = "a=integer 16, b=integer 1000, c=integer of 39 digits or more, \
                        d=integer of 39 digits or more, e=integer -5";
        assert_eq!(show(&table), expected);
        assert_eq!(table["d"].value, Value::Integer(i128::MIN));
    }

    #[test]
    fn what_only_begins_as_an_integer_is_none() {
        for (written, radix) in [("10;", 10), ("", 10), ("-", 10), ("12", 2)] {
            assert_eq!(integer_of(written, radix), Value::Unread, "{written}");
        }
        assert_eq!(integer_of("+12", 10), Value::Integer(12));
        assert_eq!(integer_of("-1f", 16), Value::Integer(-31));
    }
}
