//! [`load`]: a spec file to a [`Loaded`] experiment, or every fault of it at once.
//!
//! Does not know about data sets or runs.

use super::{
    BaseSpec, Data, Experiment,
    check::{self, Completeness},
    dataset_classes,
    digest::setting_digest,
    layers::{self, BaseLayer, Layers},
    origins::Origins,
    paths,
    rules::check_rules,
    source::Origin,
    sweep_keys,
    tree::{Node, Table, Value},
};
use crate::base::{Error, ErrorCode, Fault, Place, Result};
use serde_json::Value as Json;
use std::{
    path::Path,
    sync::{Arc, OnceLock},
};

/// A spec that has nothing wrong with it.
#[derive(Debug, Clone, PartialEq)]
pub struct Loaded {
    /// The experiment, every default filled in.
    pub experiment: Experiment,
    /// The file as the user wrote it.
    pub text: String,
    /// Where each key was written.
    pub origins: Origins,
    /// The specs that it extends, the nearest first.
    pub bases: Vec<BaseSpec>,
    /// What the cells of a sweep lay their settings over.
    pub(super) base: Arc<Base>,
}

/// A spec without its sweep, as it was written.
#[derive(Debug, PartialEq)]
pub(super) struct Base {
    pub(super) tree: Table,
    pub(super) stem: String,
    pub(super) file: Place,
    /// The tree as checked values, made when first needed.
    pub(super) values: OnceLock<Json>,
}

impl Loaded {
    /// Whether `data.phantom` was written for this `data.root`: by the same file, or on the
    /// command line. A root that replaces the one of a phantom holds the user's own data, and a
    /// mistyped one must not be filled with synthetic cases.
    pub fn phantom_is_meant(&self) -> bool {
        let root = self.origins.of_key("data.root");
        ["cases", "shape", "seed"].iter().any(|key| {
            match (self.origins.of_key(&format!("data.phantom.{key}")), &root) {
                (Origin::Set(_), _) => true,
                (Origin::File { source, .. }, Origin::File { source: other, .. }) => {
                    source.name() == other.name()
                }
                _ => false,
            }
        })
    }
}

/// Reads a spec, what it extends, and `key=value` settings over both.
///
/// # Errors
/// Every fault of the files and settings, each with its place, in the order of the text.
pub fn load(path: &Path, settings: &[String]) -> Result<Loaded> {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let mut layers = layers::read(path, settings)?;
    if let Some(fault) = questions(&layers.tree) {
        return Err(Error { code: ErrorCode::Request, faults: vec![fault] });
    }
    let completeness = layers.completeness();
    layers.faults.extend(paths::expand(&mut layers.tree));
    layers.faults.extend(dataset_classes::fill(&mut layers.tree, completeness));
    for base in &mut layers.bases {
        // What is wrong with them is wrong with the spec too, or is mended by it; but by themselves
        // they are no setting.
        let mut faults = paths::expand(&mut base.tree);
        faults.extend(dataset_classes::fill(&mut base.tree, Completeness::Complete));
        if !faults.is_empty() {
            base.tree.remove("data");
        }
    }
    resolve(layers, &stem)
}

/// The fault of a file of questions in place of a spec: an experiment has one `question`, a text.
fn questions(tree: &Table) -> Option<Fault> {
    let node = tree.get("question")?;
    let Value::List(questions) = &node.value else { return None };
    let is_question =
        |node: &Node| matches!(&node.value, Value::Table(table) if table.contains_key("ask"));
    if !questions.iter().any(is_question) {
        return None;
    }
    let Origin::File { source, .. } = &node.key else { return None };
    let name = source.name();
    let fault = Fault::new(format!(
        "`{name}` is a file of questions for `seglab answer`, not an experiment"
    ))
    .at(Place::file(Path::new(name)))
    .hint(format!("answer them: `seglab answer --questions {name}`"));
    Some(fault)
}

/// Reads the text of a `resolved.toml`, or of any spec that extends no other.
///
/// # Errors
/// As [`load`].
pub fn load_resolved(text: &str) -> Result<Experiment> {
    Ok(resolve(Layers::of_text("resolved.toml", text), "")?.experiment)
}

fn resolve(layers: Layers, stem: &str) -> Result<Loaded> {
    let completeness = layers.completeness();
    let Layers { mut tree, sources, mut faults, bases, .. } = layers;
    let Some(source) = sources.first() else {
        return Err(Fault::new("there is no spec file").into());
    };
    sweep_keys::flatten_settings(&mut tree);
    let file = Place::file(Path::new(source.name()));
    let checked = experiment_of(&tree, completeness, stem, &file, None);
    faults.extend(checked.faults);
    let rank = |fault: &Fault| {
        let place = fault.place.as_ref()?;
        let file_idx = sources.iter().position(|source| source.name() == place.file);
        Some((file_idx.unwrap_or(sources.len()), place.line_column))
    };
    faults.sort_by_key(rank);
    match checked.experiment {
        Some(experiment) if faults.is_empty() => {
            tree.remove("sweep");
            let bases = bases.into_iter().map(|base| base_spec(base, &file)).collect();
            let (stem, values) = (stem.into(), OnceLock::new());
            let base = Arc::new(Base { tree, stem, file, values });
            let (text, origins) = (source.text().into(), checked.origins);
            Ok(Loaded { experiment, text, origins, bases, base })
        }
        _ => Err(Error { code: ErrorCode::Request, faults }),
    }
}

/// Names a spec that was extended, and its setting, where it is whole by itself.
fn base_spec(base: BaseLayer, file: &Place) -> BaseSpec {
    let BaseLayer { name, mut tree } = base;
    sweep_keys::flatten_settings(&mut tree);
    // What a sweep compares is not what the spec itself sets.
    tree.remove("sweep");
    let checked = experiment_of(&tree, Completeness::Complete, &name, file, None);
    let experiment = checked.experiment.filter(|_| checked.faults.is_empty());
    BaseSpec { setting: experiment.as_ref().map(setting_digest), name }
}

/// The experiment of a tree, and every fault of it.
pub(super) struct CheckedSpec {
    /// Always there when there is no fault.
    pub(super) experiment: Option<Experiment>,
    pub(super) origins: Origins,
    pub(super) faults: Vec<Fault>,
}

/// Checks every key of a tree, and the rules between them where the tree is whole; those of `known`
/// data were checked before.
pub(super) fn experiment_of(
    tree: &Table,
    completeness: Completeness,
    stem: &str,
    file: &Place,
    known: Option<&Data>,
) -> CheckedSpec {
    let checked = check::check(tree, completeness, file);
    let mut faults = checked.faults;
    let origins = Origins::of(tree);
    let experiment = match serde_json::from_value(checked.json) {
        Ok(experiment) => {
            let experiment: Experiment = experiment;
            let name = if tree.contains_key("name") { experiment.name } else { stem.into() };
            Some(Experiment { name, ..experiment })
        }
        Err(error) => {
            let fault = Fault::new("cannot build an experiment from the spec").at(file.clone());
            faults.push(fault.caused_by(&error));
            None
        }
    };
    if let (Completeness::Complete, Some(experiment)) = (completeness, &experiment) {
        faults.extend(check_rules(experiment, &origins, &checked.faulty, file, known));
    }
    CheckedSpec { experiment, origins, faults }
}
