//! [`fill`]: `data.classes` from the data set's own `dataset.json`, where no spec names them.
//!
//! The one data file that a spec is read with. What was found is written into the resolved spec, so a
//! run does not depend on the file.
//!
//! Does not know what classes are for.

use super::{
    DatasetJson,
    source::{Origin, Source},
    tree::{Node, Table, Value},
};
use crate::base::{Fault, Place};
use std::{path::Path, sync::Arc};

/// Adds the key where it is missing and the file can tell; else says why it cannot.
pub(super) fn fill(tree: &mut Table) -> Vec<Fault> {
    let Some(Node { value: Value::Table(data), .. }) = tree.get_mut("data") else {
        return Vec::new();
    };
    let Some(root) = data.get("root").and_then(|root| root.value.text()) else { return Vec::new() };
    if data.contains_key("classes") {
        return Vec::new();
    }
    let path = Path::new(root).join("dataset.json");
    let json = match DatasetJson::read(Path::new(root)) {
        Ok(Some(json)) => json,
        // That the key is missing is said where all keys are checked.
        Ok(None) => return Vec::new(),
        Err(error) => return error.faults,
    };
    let Some(classes) = json.classes() else {
        let labels: Vec<String> =
            json.labels.iter().map(|(value, name)| format!("{value} {name}")).collect();
        let fault = Fault::new("`data.classes` cannot be taken from `dataset.json`")
            .at(Place::file(&path))
            .detail("expected  labels with the values 0, 1, 2 and so on, 0 for the background")
            .detail(format!("found     {}", labels.join(", ")));
        return vec![fault.hint("write `data.classes`, and a `data.label-map` for other values")];
    };
    let source = Arc::new(Source::new(path.display().to_string(), ""));
    let origin = Origin::File { source, span: 0..0 };
    let node = |value| Node { key: origin.clone(), origin: origin.clone(), value };
    let classes = classes.into_iter().map(|class| node(Value::Text(class))).collect();
    data.insert("classes".to_owned(), node(Value::List(classes)));
    Vec::new()
}
