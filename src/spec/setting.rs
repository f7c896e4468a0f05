//! [`Setting`]: a key with a value for it, and [`Loaded::with`], a spec with some of them changed.
//!
//! Knows nothing of which settings anybody wants.

use super::{
    Experiment, Loaded,
    check::Extent,
    load::judge,
    source::Origin,
    tree::{self, Node, Table, Value},
};
use crate::error::{Error, Fault, Kind, Result};
use serde_json::Value as Json;

/// A dotted key and a value for it.
#[derive(Debug, Clone, PartialEq)]
pub struct Setting {
    /// The dotted key.
    pub key: String,
    /// Its value.
    pub value: Json,
    /// Who asked for it: where faults of the value are told.
    pub origin: Origin,
}

impl Loaded {
    /// Refuses a spec that asks for several runs.
    ///
    /// # Errors
    /// When it has a sweep.
    pub fn single_run(&self) -> Result<()> {
        if self.experiment.sweep.is_none() {
            return Ok(());
        }
        let fault = Fault::new(format!("`{}` asks for several runs", self.base.file.file))
            .hint("`seglab sweep run SPEC` runs them; train one by a spec without `[sweep]`");
        Err(Fault { place: self.origins.of_key("sweep").place(), ..fault }.into())
    }

    /// The experiment of this spec with `settings` laid over it, and without its sweep. A table
    /// of another `kind` replaces the one below, as a spec does to one that it extends.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn with(&self, settings: &[Setting]) -> Result<Experiment> {
        let mut tree = self.base.tree.clone();
        for setting in settings {
            tree::merge(&mut tree, layer(setting));
        }
        let known = Some(&self.experiment.data);
        let judged = judge(&tree, Extent::Whole, &self.base.stem, &self.base.file, known);
        match judged.experiment {
            Some(experiment) if judged.faults.is_empty() => Ok(experiment),
            _ => Err(Error { kind: Kind::Request, faults: judged.faults }),
        }
    }
}

/// A tree that holds nothing but the setting.
fn layer(Setting { key, value, origin }: &Setting) -> Table {
    let node = |value| Node { key: origin.clone(), origin: origin.clone(), value };
    let (outer, last) = key.rsplit_once('.').map_or((None, key.as_str()), |(a, b)| (Some(a), b));
    let mut table = Table::from([(last.to_owned(), node(Value::of_json(value, origin)))]);
    for name in outer.into_iter().flat_map(|outer| outer.rsplit('.')) {
        table = Table::from([(name.to_owned(), node(Value::Table(table)))]);
    }
    table
}
