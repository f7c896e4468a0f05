//! [`Origins`]: for every dotted key of a spec, where it was written.
//!
//! Does not know about the values.

use super::{
    source::Origin,
    tree::{Table, Value, join},
};
use std::collections::BTreeMap;

/// Where each key was written; a key that is not in it has its default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origins(BTreeMap<String, Origin>);

impl Origins {
    pub(super) fn of(tree: &Table) -> Self {
        let mut origins = Self::default();
        origins.add("", tree);
        origins
    }

    fn add(&mut self, path: &str, table: &Table) {
        for (name, node) in table {
            let path = join(path, name);
            let origin = match &node.value {
                Value::Table(table) => {
                    self.add(&path, table);
                    &node.key
                }
                Value::List(items) => {
                    let items = items.iter().enumerate();
                    self.0.extend(
                        items.map(|(idx, it)| (format!("{path}[{idx}]"), it.origin.clone())),
                    );
                    &node.origin
                }
                _ => &node.origin,
            };
            self.0.insert(path, origin.clone());
        }
    }

    /// Where a dotted key was written, such as `model.widths`.
    pub fn of_key(&self, key: &str) -> Origin {
        self.0.get(key).cloned().unwrap_or_default()
    }
}
