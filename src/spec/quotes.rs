//! Quotes that are missing or too many: [`as_typed`] for the command line, where a shell takes them
//! away, and [`quotes`], the hint for a file.
//!
//! Does not know which keys there are.

use super::{shape::Shape, source::Origin, tree::Value};

/// A value of `--set` as the text that was typed; `None` for any other value. `--set name=2024`
/// means the text, as a shell has no way to tell it from the number.
pub(super) fn as_typed(value: &Value, origin: &Origin) -> Option<String> {
    let Origin::Set(setting) = origin else { return None };
    let alone = match value {
        Value::Integer(integer) => integer.to_string(),
        Value::Float(float) => float.to_string(),
        Value::Flag(flag) => flag.to_string(),
        Value::Date(date) => date.clone(),
        Value::Text(_) | Value::List(_) | Value::Table(_) | Value::Unread => return None,
    };
    let typed = setting.split_once('=').map(|(_, typed)| typed.trim());
    // Within a list or table, the setting is more than the value.
    Some(typed.filter(|it| !it.starts_with(['[', '{'])).map_or(alone, str::to_owned))
}

/// What to do about a value of a file that is right but for its quotes.
pub(super) fn quotes(shape: &Shape, value: &Value, origin: &Origin) -> Option<String> {
    let Origin::File { source, span } = origin else { return None };
    let written = source.text().get(span.clone())?.trim();
    match (shape, value) {
        (Shape::Text, Value::Integer(_) | Value::Float(_) | Value::Flag(_) | Value::Date(_)) => {
            Some(format!("put it in quotes: `\"{written}\"`"))
        }
        (Shape::Integer(_), Value::Float(float)) if float.fract() == 0.0 => {
            let exact = float.abs() < 1e15;
            exact.then(|| format!("write it without a point or exponent: `{float:.0}`"))
        }
        (Shape::Integer(_), Value::Text(text)) if text.parse::<i64>().is_ok() => {
            Some(format!("leave the quotes out: `{text}`"))
        }
        (Shape::Number(_), Value::Text(text)) if text.parse().is_ok_and(f64::is_finite) => {
            Some(format!("leave the quotes out: `{text}`"))
        }
        (Shape::Flag, Value::Text(text)) if text == "true" || text == "false" => {
            Some(format!("leave the quotes out: `{text}`"))
        }
        _ => None,
    }
}
