//! [`parse`]: `--set key=value` from the command line as a layer over a spec.
//!
//! Does not know which keys there are.

use super::{
    source::Origin,
    tree::{self, Table},
};
use crate::base::{Error, Fault, Result};
use toml::de::DeTable;

/// Reads every `key=value` into one tree; a later one wins over an earlier.
///
/// A value is read as TOML, and as a plain string where that fails: `train.epochs=3`,
/// `model.widths=[8, 16]` and `model.norm=instance` all do what they say.
pub(super) fn parse(settings: &[String]) -> (Table, Vec<Fault>) {
    let mut layer = Table::new();
    let mut faults = Vec::new();
    for setting in settings {
        match parse_one(setting) {
            Ok(table) => tree::merge(&mut layer, table),
            Err(error) => faults.extend(error.faults),
        }
    }
    (layer, faults)
}

fn parse_one(setting: &str) -> Result<Table> {
    let origin = Origin::Set(setting.into());
    let fault = |message: String| {
        let fault =
            Fault::new(message).hint("write `--set key=value`, as in `--set train.epochs=3`");
        Error::from(Fault { place: origin.place(), ..fault })
    };
    let Some((key, value)) = setting.split_once('=') else {
        return Err(fault(format!("`{setting}` has no value")));
    };
    let as_toml = format!("{key} = {value}");
    let as_text = format!("{key} = {}", serde_json::Value::from(value));
    let read = |text: &str| match DeTable::parse(text) {
        Ok(table) => Ok(tree::table_of(table.get_ref(), &|_| origin.clone())),
        Err(error) => Err(fault(format!("cannot read `{setting}`: {}", error.message()))),
    };
    // `1_0;` passes the parser, and is no value.
    let table = match read(&as_toml) {
        Ok(table) if tree::unread(&table).is_empty() => table,
        _ => read(&as_text)?,
    };
    if table.contains_key("extends") {
        return Err(fault("`extends` can only be set in a file".into()));
    }
    Ok(table)
}
