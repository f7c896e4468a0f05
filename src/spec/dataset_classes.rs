//! [`fill`]: `data.classes` from the data set's own `dataset.json`, where no spec names them.
//!
//! The one data file that a spec is read with. What was found is written into the resolved spec, so a
//! run does not depend on the file.
//!
//! Does not know what classes are for.

use super::{
    DatasetJson,
    check::{self, Completeness},
    schema,
    shape::Shape,
    source::{Origin, Source},
    tree::{Node, Table, Value},
};
use crate::base::{Fault, Place};
use std::{path::Path, sync::Arc};

/// Adds the key where it is missing and the file can tell; else says why it cannot. The key then counts
/// as written but unread, so that it is not told once more. In a [`Completeness::Partial`] tree a
/// missing file is no fault: the key may stand in what could not be read.
pub(super) fn fill(tree: &mut Table, completeness: Completeness) -> Vec<Fault> {
    let Some(Node { key, value: Value::Table(data), .. }) = tree.get_mut("data") else {
        return Vec::new();
    };
    let Some(root) = data.get("root").and_then(|root| root.value.text()) else { return Vec::new() };
    // An empty root is a fault of its own, and not the folder that one happens to be in.
    if root.is_empty() || data.contains_key("classes") {
        return Vec::new();
    }
    let path = Path::new(root).join("dataset.json");
    let (found, faults) = match DatasetJson::read(Path::new(root)) {
        Ok(Some(json)) => match json.classes() {
            Some(classes) => (Some(classes), Vec::new()),
            None => (None, vec![cannot_tell(&json, &path)]),
        },
        Ok(None) if completeness == Completeness::Partial => return Vec::new(),
        Ok(None) => (None, missing(&path, key).into_iter().collect()),
        Err(error) => (None, error.faults),
    };
    let source = Arc::new(Source::new(path.display().to_string(), ""));
    let origin = Origin::File { source, span: 0..0 };
    let node = |value| Node { key: origin.clone(), origin: origin.clone(), value };
    let value = found.map_or(Value::Unread, |classes| {
        Value::List(classes.into_iter().map(|class| node(Value::Text(class))).collect())
    });
    data.insert("classes".to_owned(), node(value));
    faults
}

/// What is wrong with the labels of a file.
fn cannot_tell(json: &DatasetJson, path: &Path) -> Fault {
    let labels: Vec<String> =
        json.labels.iter().map(|(value, name)| format!("{value} {name}")).collect();
    let labels = if labels.is_empty() { "no labels".to_owned() } else { labels.join(", ") };
    let mut fault = Fault::new("`data.classes` cannot be taken from `dataset.json`")
        .at(Place::file(path))
        .detail("expected  labels with the values 0, 1, 2 and so on, 0 for the background")
        .detail(format!("found     {labels}"));
    if !json.regions.is_empty() {
        let names = json.regions.join(", ");
        fault = fault.detail(format!("regions   {names}: several values each, so no classes"));
    }
    if let Some(value) = json.ignore {
        fault = fault.detail(format!("ignore    {value}: not labelled, so no class"));
    }
    fault.hint("write `data.classes`, and a `data.label-map` for other values")
}

/// The fault of a key that neither the spec nor a file gives.
fn missing(path: &Path, table: &Origin) -> Option<Fault> {
    let data = schema::experiment().iter().find(|key| key.name == "data")?;
    let Shape::Table(keys) = &data.shape else { return None };
    let key = keys.iter().find(|key| key.name == "classes")?;
    let hint = format!(
        "write it, or put a `dataset.json` with the labels under `data.root`: there is no `{}`",
        path.display()
    );
    Some(Fault { place: table.place(), ..check::missing("data", key) }.hint(hint))
}
