//! [`read`]: a spec file, the files it extends and `--set`, laid over each other as [`Layers`].
//!
//! Does not know which keys there are, but for `extends` and `name`.

use super::{
    check::Completeness,
    encoding,
    paths::expand_node,
    read, set,
    source::{Origin, Source},
    sweep_keys,
    tree::{self, Table, Value},
};
use crate::base::{Error, Fault, Result, fs, suggest};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

/// Everything that was written, merged.
#[derive(Debug)]
pub(super) struct Layers {
    /// The result of all layers.
    pub(super) tree: Table,
    /// The files, first the one that was loaded.
    pub(super) sources: Vec<Arc<Source>>,
    /// What could not be read.
    pub(super) faults: Vec<Fault>,
    /// The specs that it extends, the nearest first.
    pub(super) bases: Vec<BaseLayer>,
    /// Whether every key that was written is in the tree.
    pub(super) is_whole: bool,
}

/// A spec that another one extends.
#[derive(Debug)]
pub(super) struct BaseLayer {
    /// The name that it gives itself, or else that of its file.
    pub(super) name: String,
    /// It and what it extends, merged, with the same `--set`; without its name.
    pub(super) tree: Table,
}

impl Layers {
    /// What [`Layers::is_whole`] means for a key that is not in the tree.
    pub(super) fn completeness(&self) -> Completeness {
        if self.is_whole { Completeness::Complete } else { Completeness::Partial }
    }

    /// A text alone, as if it were a file called `name`.
    pub(super) fn of_text(name: &str, text: &str) -> Self {
        let source = Arc::new(Source::new(name, text));
        let read::Parsed { mut tree, faults, is_whole } = read::parse(&source);
        sweep_keys::flatten_axes(&mut tree);
        Self { tree, sources: vec![source], faults, bases: Vec::new(), is_whole }
    }

    /// The bytes of a file alone.
    fn of_file(path: &Path, bytes: Vec<u8>) -> Self {
        let (text, fault) = encoding::decode(path, bytes);
        let mut layers = Self::of_text(&path.display().to_string(), &text);
        layers.faults.extend(fault);
        layers
    }
}

/// Reads the file, follows `extends` and applies `--set`.
///
/// # Errors
/// When the file itself cannot be read; everything else that is wrong is in the faults.
pub(super) fn read(path: &Path, settings: &[String]) -> Result<Layers> {
    let mut layers = Layers::of_file(path, fs::read(path)?);
    let (mut tables, mut names) = (Vec::new(), Vec::new());
    let mut chain = vec![fs::canonical(path)?];
    let mut path = path.to_owned();
    while let Some((base, named)) = take_extends(&mut layers, &path) {
        match follow(&base, &named, &mut chain, &mut layers) {
            Ok(table) => tables.push(std::mem::replace(&mut layers.tree, table)),
            Err(error) => {
                layers.faults.extend(error.faults);
                layers.is_whole = false;
                break;
            }
        }
        // A name belongs to its file: a run of this spec is not a run of the one it extends.
        names.push(match layers.tree.remove("name").map(|node| node.value) {
            Some(Value::Text(name)) => name,
            _ => base.file_stem().unwrap_or_default().to_string_lossy().into_owned(),
        });
        path = base;
    }
    let (mut set, faults) = set::parse(settings);
    sweep_keys::flatten_axes(&mut set);
    let mut of_base = set.clone();
    of_base.remove("name");
    for (over, name) in tables.into_iter().zip(names).rev() {
        let mut tree = layers.tree.clone();
        tree::merge(&mut tree, of_base.clone());
        layers.bases.insert(0, BaseLayer { name, tree });
        tree::merge(&mut layers.tree, over);
    }
    tree::merge(&mut layers.tree, set);
    layers.is_whole &= faults.is_empty();
    layers.faults.extend(faults);
    Ok(layers)
}

/// Takes `extends` out of the tree; the path it names is relative to the file.
fn take_extends(layers: &mut Layers, path: &Path) -> Option<(PathBuf, Origin)> {
    let mut node = layers.tree.remove("extends")?;
    layers.faults.extend(expand_node("extends", &mut node));
    let origin = node.origin;
    let value = match node.value {
        Value::Text(base) => {
            return Some((path.parent().unwrap_or(Path::new("")).join(base), origin));
        }
        value => value,
    };
    layers.is_whole = false;
    if value == Value::Unread {
        return None;
    }
    let fault = Fault::new("`extends` must be a string")
        .detail("expected  the path of another spec, relative to this one")
        .detail(format!("found     {}", value.describe()));
    layers.faults.push(Fault { place: origin.place(), ..fault });
    None
}

/// Reads one more file of the chain.
fn follow(
    base: &Path,
    named: &Origin,
    chain: &mut Vec<PathBuf>,
    layers: &mut Layers,
) -> Result<Table> {
    let place = |fault| Error::from(Fault { place: named.place(), ..fault });
    let shown = base.display();
    let unreadable = |error: Error| {
        let mut fault = Fault::new(format!("cannot read `{shown}`, which this spec extends"));
        fault.causes = error.faults.into_iter().flat_map(|fault| fault.causes).collect();
        fault.hints.extend(similar_file(base));
        place(fault)
    };
    let canonical = fs::canonical(base).map_err(unreadable)?;
    if chain.contains(&canonical) {
        let files = layers.sources.iter().map(|source| format!("`{}`", source.name()));
        let round = files.chain([format!("`{shown}`")]).collect::<Vec<_>>().join(" extends ");
        let fault = Fault::new("specs extend each other in a circle").detail(round);
        return Err(place(fault.hint("take `extends` out of one of them")));
    }
    chain.push(canonical);
    let read = Layers::of_file(base, fs::read(base).map_err(unreadable)?);
    layers.sources.extend(read.sources);
    layers.faults.extend(read.faults);
    layers.is_whole &= read.is_whole;
    Ok(read.tree)
}

/// A file in the same folder with a name similar to that of `missing`.
fn similar_file(missing: &Path) -> Option<String> {
    let folder = missing.parent().filter(|folder| !folder.as_os_str().is_empty());
    let files = fs::list(folder.unwrap_or(Path::new("."))).ok()?;
    let names = files.iter().filter_map(|file| file.file_name()?.to_str());
    suggest::did_you_mean(missing.file_name()?.to_str()?, names)
}
