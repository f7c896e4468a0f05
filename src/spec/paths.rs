//! [`expand`]: paths of a spec with `~` and variables of the environment put in their places.
//!
//! Does not know whether anything is there.

use super::tree::{Node, Table, Value};
use crate::base::{Fault, user_path};

/// Expands every path of a tree in place; one that cannot be expanded becomes a fault, and its
/// value is left out.
pub(super) fn expand(tree: &mut Table) -> Vec<Fault> {
    let Some(Value::Table(data)) = tree.get_mut("data").map(|node| &mut node.value) else {
        return Vec::new();
    };
    data.get_mut("root").into_iter().filter_map(|node| expand_node("data.root", node)).collect()
}

/// Expands a path; the fault where that fails.
pub(super) fn expand_node(key: &str, node: &mut Node) -> Option<Fault> {
    let Value::Text(path) = &node.value else { return None };
    let (value, fault) = match user_path::expand(path) {
        Ok(expanded) => (Value::Text(expanded), None),
        Err(error) => {
            let fault = error.faults.into_iter().next().map(|fault| Fault {
                message: format!("cannot use `{key}`: {}", fault.message),
                place: node.origin.place(),
                ..fault
            });
            (Value::Unread, fault)
        }
    };
    node.value = value;
    fault
}
