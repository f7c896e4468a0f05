//! [`load`]: a spec file to a [`Loaded`] experiment, or every fault of it at once.
//!
//! Knows nothing of data sets or runs.

use super::{
    Experiment,
    check::{self, Extent},
    layers::{self, Layers},
    origins::Origins,
    rules,
};
use crate::error::{Error, Fault, Place, Result};
use std::path::Path;

/// A spec that has nothing wrong with it.
#[derive(Debug, Clone, PartialEq)]
pub struct Loaded {
    /// What it asks for, every default filled in.
    pub experiment: Experiment,
    /// The file as the user wrote it.
    pub text: String,
    /// Who wrote each key.
    pub origins: Origins,
}

/// Reads a spec, what it extends, and `key=value` settings over both.
///
/// # Errors
/// Every fault of the files and settings, each with its place, in the order of the text.
pub fn load(path: &Path, settings: &[String]) -> Result<Loaded> {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    resolve(layers::read(path, settings)?, &stem)
}

/// Reads the text of a `resolved.toml`, or of any spec that extends no other.
///
/// # Errors
/// As [`load`].
pub fn load_resolved(text: &str) -> Result<Experiment> {
    Ok(resolve(Layers::of_text("resolved.toml", text), "")?.experiment)
}

fn resolve(layers: Layers, stem: &str) -> Result<Loaded> {
    let Layers { tree, sources, mut faults } = layers;
    let Some(source) = sources.first() else {
        return Err(Fault::new("cannot read a spec of no file").into());
    };
    let file = Place::file(Path::new(source.name()));
    let extent = if faults.is_empty() { Extent::Whole } else { Extent::Gaps };
    // What the parser made of a broken line is not what the user meant; say nothing more of it.
    let broken: Vec<_> = faults.iter().filter_map(line_of).collect();
    let checked = check::check(&tree, extent, &file);
    let of_whole_lines = |fault: &Fault| line_of(fault).is_none_or(|line| !broken.contains(&line));
    faults.extend(checked.faults.into_iter().filter(of_whole_lines));

    let origins = Origins::of(&tree);
    let experiment = serde_json::from_value(checked.json).map(|experiment: Experiment| Experiment {
        name: if tree.contains_key("name") { experiment.name } else { stem.into() },
        ..experiment
    });
    let experiment = match experiment {
        Ok(experiment) => experiment,
        Err(error) => {
            faults.push(
                Fault::new("cannot make an experiment of the spec").at(file).caused_by(&error),
            );
            return Err(Error { kind: crate::error::Kind::Request, faults });
        }
    };
    if extent == Extent::Whole {
        faults.extend(rules::judge(&experiment, &origins, &checked.faulty, &file));
    }
    let rank = |fault: &Fault| {
        let place = fault.place.as_ref()?;
        let file_idx = sources.iter().position(|source| source.name() == place.file);
        Some((file_idx.unwrap_or(sources.len()), place.line_column))
    };
    faults.sort_by_key(rank);
    Error::unless_empty(faults)?;
    Ok(Loaded { experiment, text: source.text().into(), origins })
}

fn line_of(fault: &Fault) -> Option<(String, usize)> {
    let place = fault.place.as_ref()?;
    Some((place.file.clone(), place.line_column?.0))
}
