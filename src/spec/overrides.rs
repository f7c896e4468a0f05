//! [`Override`]: a key with a value for it, and [`Loaded::with`], a spec with some of them changed.
//!
//! Does not know which settings are wanted.

use super::{
    Experiment, Loaded,
    check::{self, Completeness},
    load::experiment_of,
    paths,
    rules::check_rules,
    schema,
    source::Origin,
    tree::{self, Node, Table, Value},
};
use crate::base::{Error, ErrorCode, Fault, Result};
use serde_json::Value as Json;

/// A dotted key and a value for it.
#[derive(Debug, Clone, PartialEq)]
pub struct Override {
    /// The dotted key.
    pub key: String,
    /// Its value.
    pub value: Json,
    /// Where it was written: the place of its faults.
    pub origin: Origin,
}

impl Loaded {
    /// Refuses a spec that describes several runs.
    ///
    /// # Errors
    /// When it has a sweep.
    pub fn single_run(&self) -> Result<()> {
        if self.experiment.sweep.is_none() {
            return Ok(());
        }
        let fault = Fault::new(format!("`{}` describes several runs", self.base.file.file))
            .hint("`seglab sweep run SPEC` runs them; a spec without `[sweep]` trains one");
        Err(Fault { place: self.origins.of_key("sweep").place(), ..fault }.into())
    }

    /// The experiment of this spec with `settings` laid over it, and without its sweep. A table
    /// of another `kind` replaces the one below, as a spec does to one that it extends.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn with(&self, settings: &[Override]) -> Result<Experiment> {
        if let Some(experiment) = self.sound_with(settings) {
            return Ok(experiment);
        }
        let mut tree = self.base.tree.clone();
        for setting in settings {
            tree::merge(&mut tree, layer(setting));
        }
        let mut faults = paths::expand(&mut tree);
        let known = Some(&self.experiment.data);
        let checked =
            experiment_of(&tree, Completeness::Complete, &self.base.stem, &self.base.file, known);
        faults.extend(checked.faults);
        match checked.experiment {
            Some(experiment) if faults.is_empty() => Ok(experiment),
            _ => Err(Error { code: ErrorCode::Request, faults }),
        }
    }
}

impl Loaded {
    /// As [`with`](Self::with), looking only at the tables that the settings touch; the others are
    /// known to be sound. `None` where anything is wrong.
    fn sound_with(&self, settings: &[Override]) -> Option<Experiment> {
        let base = &*self.base;
        let mut tables = Table::new();
        let needed = schema::experiment().iter().filter(|key| key.required);
        let touched = settings.iter().filter_map(|setting| setting.key.split('.').next());
        for name in needed.map(|key| key.name.as_str()).chain(touched) {
            if let Some(node) = base.tree.get(name).filter(|_| !tables.contains_key(name)) {
                tables.insert(name.to_owned(), node.clone());
            }
        }
        for setting in settings {
            tree::merge(&mut tables, layer(setting));
        }
        if !paths::expand(&mut tables).is_empty() {
            return None;
        }
        let of_base = || check::check(&base.tree, Completeness::Complete, &base.file).json;
        let mut json = base.values.get_or_init(of_base).clone();
        let checked = check::check(&tables, Completeness::Complete, &base.file);
        let (values, new) = (json.as_object_mut()?, checked.json.as_object()?);
        values.extend(new.iter().map(|(key, value)| (key.clone(), value.clone())));
        let experiment: Experiment = serde_json::from_value(json).ok()?;
        let experiment = Experiment { name: self.experiment.name.clone(), ..experiment };
        let (origins, known) = (&self.origins, Some(&self.experiment.data));
        let is_sound = checked.faults.is_empty()
            && !tables.contains_key("name")
            && check_rules(&experiment, origins, &checked.faulty, &base.file, known).is_empty();
        is_sound.then_some(experiment)
    }
}

/// A tree that holds nothing but the setting.
fn layer(Override { key, value, origin }: &Override) -> Table {
    let node = |value| Node { key: origin.clone(), origin: origin.clone(), value };
    let (outer, last) = key.rsplit_once('.').map_or((None, key.as_str()), |(a, b)| (Some(a), b));
    let mut table = Table::from([(last.to_owned(), node(Value::of_json(value, origin)))]);
    for name in outer.into_iter().flat_map(|outer| outer.rsplit('.')) {
        table = Table::from([(name.to_owned(), node(Value::Table(table)))]);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::{load, load::Base};

    /// The short way leaves out what the long way sees in every cell.
    #[test]
    fn the_short_way_comes_to_what_the_long_way_does() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.toml");
        let text = "seed = 3\n[data]\nroot = 'd'\nclasses = ['b', 't']\n[model]\nnorm = 'group'\n\
            [schedule]\nkind = 'poly'\nmax-lr = 0.1\npower = 0.5\n[train]\nepochs = 7\n\
            [sweep]\nseeds = [1]\n";
        crate::base::fs::write_atomic(&path, text.as_bytes()).unwrap();
        let loaded = load(&path, &[]).unwrap();
        let set = |key: &str, value: Json| {
            let origin = Origin::Set(key.into());
            Override { key: key.into(), value, origin }
        };
        let sound: [&[Override]; 5] = [
            &[],
            &[set("model.widths", [4, 8].into()), set("train.epochs", 9.into())],
            &[set("schedule.kind", "constant".into()), set("schedule.max-lr", 0.5.into())],
            &[set("preprocess.grid", serde_json::json!({ "kind": "native" }))],
            &[set("augment.flip.p", 0.25.into()), set("seed", 4.into())],
        ];
        for settings in sound {
            let mut tree = loaded.base.tree.clone();
            for setting in settings {
                tree::merge(&mut tree, layer(setting));
            }
            let Base { stem, file, .. } = &*loaded.base;
            let long = experiment_of(&tree, Completeness::Complete, stem, file, None);
            assert_eq!(long.faults, []);
            assert_eq!(loaded.sound_with(settings), long.experiment, "{settings:?}");
        }
        for wrong in [
            set("train.epochs", 0.into()),
            set("preprocess.grid.size", 4.into()),
            set("preprocess.grid.kind", "spacing".into()),
            set("trian.epochs", 3.into()),
            set("name", "b".into()),
        ] {
            assert_eq!(loaded.sound_with(std::slice::from_ref(&wrong)), None, "{wrong:?}");
        }
    }
}
