//! [`parse`]: a spec file's text as a tree, with every syntax error as a fault.
//!
//! Does not know which keys there are.

use super::{
    advice::advice,
    mend::{Mended, SyntaxError, UnreadKey, mend},
    source::{Origin, Source},
    tree::{self, Node, Table, Value},
};
use crate::base::Fault;
use std::sync::Arc;
use toml::de::DeTable;

/// What could be read of a file.
#[derive(Debug)]
pub(super) struct Parsed {
    /// Its keys; where a value could not be read, [`Value::Unread`].
    pub(super) tree: Table,
    /// Every syntax error, in the order of the text.
    pub(super) faults: Vec<Fault>,
    /// Whether every key of the file is in the tree.
    pub(super) is_whole: bool,
}

/// Parses a file.
pub(super) fn parse(source: &Arc<Source>) -> Parsed {
    let Mended { text, mut errors, unread, renamed, is_whole } = mend(source.text());
    let (table, _) = DeTable::parse_recoverable(&text);
    let origin = |span| Origin::File { source: Arc::clone(source), span };
    let mut tree = tree::table_of(table.get_ref(), &origin);
    errors.extend(tree::unread(&tree).into_iter().filter_map(|node| no_number(node, source)));
    errors.sort_by_key(|error| error.span.start);
    for (name, meant) in renamed {
        if let (Some(node), Some(meant)) = (tree.remove(&name), meant) {
            let origin = node.key.clone();
            tree::merge(&mut tree, within(&meant, node, &origin));
        }
    }
    for UnreadKey { path, span } in unread {
        let origin = origin(span);
        put(&mut tree, &path, Node { key: origin.clone(), origin, value: Value::Unread });
    }
    let fault = |SyntaxError { span, message, hint }: SyntaxError| Fault {
        hints: hint.into_iter().collect(),
        ..Fault::new(format!("cannot read TOML: {message}")).at(source.place(&span))
    };
    Parsed { tree, faults: errors.into_iter().map(fault).collect(), is_whole }
}

/// The error of a value that the parser took for a number.
fn no_number(node: &Node, source: &Source) -> Option<SyntaxError> {
    let Origin::File { span, .. } = &node.origin else { return None };
    let (text, span) = (source.text(), span.clone());
    let message = format!("`{}` is not a number", text.get(span.clone())?);
    let start = text[..span.start].rfind('\n').map_or(0, |newline| newline + 1);
    let hint = advice(text[start..].lines().next()?, &message);
    Some(SyntaxError { span, message, hint })
}

/// A tree that holds nothing but the node, under a path.
fn within(path: &[String], node: Node, origin: &Origin) -> Table {
    let Some((first, rest)) = path.split_first() else { return Table::new() };
    let node = if rest.is_empty() {
        node
    } else {
        let value = Value::Table(within(rest, node, origin));
        Node { key: origin.clone(), origin: origin.clone(), value }
    };
    Table::from([(first.clone(), node)])
}

/// Puts a node at a path where nothing stands.
fn put(table: &mut Table, path: &[String], node: Node) {
    match path {
        [] => {}
        [last] => {
            table.entry(last.clone()).or_insert(node);
        }
        [first, rest @ ..] => {
            let (key, origin) = (node.key.clone(), node.origin.clone());
            let made = || Node { key, origin, value: Value::Table(Table::new()) };
            if let Value::Table(inner) = &mut table.entry(first.clone()).or_insert_with(made).value
            {
                put(inner, rest, node);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{super::tree::show, *};

    #[test]
    fn the_rest_of_a_broken_file_is_read_with_its_places() {
        let text =
            "seed: 1\nx = \"ü\"\n[data]\nroot: y\n[train\nepochs = 3\n[data]\nz = 2\nroot = 4\n";
        let parsed = parse(&Arc::new(Source::new("t.toml", text)));
        assert!(parsed.is_whole);
        let expected = "data={root=integer 4, z=integer 2}, seed=integer 1, \
                        train={epochs=integer 3}, x=string \"ü\"";
        assert_eq!(show(&parsed.tree), expected);
        let places = parsed.faults.iter().map(|it| it.place.as_ref().unwrap().line_column.unwrap());
        assert_eq!(places.map(|(line, _)| line).collect::<Vec<_>>(), [1, 4, 5, 7]);
        let Value::Table(train) = &parsed.tree["train"].value else { panic!("a table") };
        assert_eq!(train["epochs"].origin.to_string(), "t.toml:6:10");
    }

    #[test]
    fn a_key_without_a_value_that_can_be_read_is_known_as_such() {
        let parsed = parse(&Arc::new(Source::new("t.toml", "a = x\n[b]\nc.d = \ne = 1\ne = 2\n")));
        assert_eq!(show(&parsed.tree), "a=unread, b={c={d=unread}, e=integer 1}");
        assert_eq!(parsed.faults.len(), 3);
    }

    #[test]
    fn a_number_that_only_the_parser_takes_for_one_is_told_as_it_was_written() {
        let text = "[train]\nepochs = 1_0; # ten\nlr = 2\n[model]\nwidths = [8, 1_6;]\n";
        let parsed = parse(&Arc::new(Source::new("t.toml", text)));
        let expected = "model={widths=list of 2}, train={epochs=unread, lr=integer 2}";
        assert_eq!(show(&parsed.tree), expected);
        let told: Vec<String> = parsed.faults.iter().map(ToString::to_string).collect();
        let first = "error: cannot read TOML: `1_0;` is not a number\n  --> t.toml:2:10\n  |\n\
                     2 | epochs = 1_0; # ten\n  |          ^^^^\nhint: write `epochs = 1_0`";
        assert_eq!(told[0], first);
        assert!(told[1].contains("`1_6;` is not a number"), "{}", told[1]);
        assert!(parsed.faults[1].hints.is_empty());
        assert!(parsed.is_whole);
    }
}
