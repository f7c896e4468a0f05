//! [`LabelRule`]: which class a stored label value means.
//!
//! Does not know about files or where a grid lies.

use crate::{
    base::{Error, Fault, Result},
    data::volume::Grid,
    spec,
};
use rayon::prelude::*;
use std::{cmp::Reverse, collections::BTreeMap};

/// Voxels that are mapped by one thread at a time.
const PART: usize = 1 << 16;
/// Voxels that are mapped at once where all have one value.
const RUN: usize = 64;
/// Values without a class that a message lists.
const MOST_VALUES: usize = 5;

/// Stored label value to class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelRule {
    classes: Vec<String>,
    /// Empty: a value is its class.
    map: BTreeMap<i32, u8>,
}

impl LabelRule {
    /// The rule of a spec: with a `label-map`, the values it names and 0 for the background;
    /// without one, every value is its class.
    ///
    /// # Errors
    /// When a key of the map is not a whole number or a class of it does not exist.
    pub(crate) fn new(data: &spec::Data) -> Result<Self> {
        let n_classes = data.classes.len();
        let mut map = BTreeMap::new();
        let mut faults = Vec::new();
        for (key, &class) in &data.label_map {
            match key.parse() {
                Ok(value) if usize::from(class) < n_classes => {
                    map.insert(value, class);
                }
                Ok(_) => faults.push(Fault::new(format!(
                    "`data.label-map` maps {key} to class {class}, but the last class is {}",
                    n_classes.saturating_sub(1)
                ))),
                Err(_) => faults.push(Fault::new(format!(
                    "`data.label-map` names `{key}`, which is not a whole number"
                ))),
            }
        }
        Error::unless_empty(faults)?;
        if !map.is_empty() {
            map.entry(0).or_insert(0);
        }
        Ok(Self { classes: data.classes.clone(), map })
    }

    /// The rule of label maps without a spec: each value is a class, unless `map` (stored value,
    /// class) says otherwise.
    ///
    /// # Errors
    /// When the map names a class that does not exist.
    pub fn of(classes: &[String], map: &[(i32, u8)]) -> Result<Self> {
        Self::new(&spec::Data {
            root: String::new(),
            classes: classes.to_vec(),
            label_map: map.iter().map(|(value, class)| (value.to_string(), *class)).collect(),
            exclude: Vec::new(),
            patient: None,
            phantom: None,
        })
    }

    /// The class of a stored value; `None` when it has none.
    pub(crate) fn class_of(&self, value: i32) -> Option<u8> {
        if self.map.is_empty() {
            u8::try_from(value).ok().filter(|&class| usize::from(class) < self.classes.len())
        } else {
            self.map.get(&value).copied()
        }
    }

    /// The name of the class of a stored value.
    pub(crate) fn name_of(&self, value: i32) -> Option<&str> {
        Some(self.classes[usize::from(self.class_of(value)?)].as_str())
    }

    /// Class names, background first.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.classes.iter().map(String::as_str)
    }

    /// Whether stored values have classes by a map.
    pub(crate) fn has_map(&self) -> bool {
        !self.map.is_empty()
    }

    /// Each known value with its class: `2 metastasis`.
    pub(crate) fn in_words(&self) -> Vec<String> {
        if self.map.is_empty() {
            let numbered = self.classes.iter().enumerate();
            numbered.map(|(class, name)| format!("{class} {name}")).collect()
        } else {
            let name = |class: u8| self.classes[usize::from(class)].as_str();
            self.map.iter().map(|(value, &class)| format!("{value} {}", name(class))).collect()
        }
    }

    /// Voxels by class, from voxels by stored value.
    ///
    /// # Errors
    /// Values that mean no class, with their voxels.
    pub(crate) fn class_voxels(
        &self,
        voxels: &BTreeMap<i32, u64>,
    ) -> std::result::Result<Vec<u64>, Vec<(i32, u64)>> {
        let mut by_class = vec![0; self.classes.len()];
        let mut unknown = Vec::new();
        for (&value, &count) in voxels {
            match self.class_of(value) {
                Some(class) => by_class[usize::from(class)] += count,
                None => unknown.push((value, count)),
            }
        }
        if unknown.is_empty() { Ok(by_class) } else { Err(unknown) }
    }

    /// Classes of stored values; `None` when a value means none.
    pub(crate) fn apply(&self, labels: &Grid<i32>) -> Option<Grid<u8>> {
        let mut classes = Grid::filled(labels.shape(), 0);
        let parts = classes.values_mut().par_chunks_mut(PART).zip(labels.values().par_chunks(PART));
        let whole = parts.try_for_each(|(classes, values)| {
            // Labels come in runs, so the last answer mostly holds.
            let mut last = (0, self.class_of(0));
            for (classes, values) in classes.chunks_mut(RUN).zip(values.chunks(RUN)) {
                if *values == [last.0; RUN][..values.len()] {
                    classes.fill(last.1?);
                    continue;
                }
                for (class, &value) in classes.iter_mut().zip(values) {
                    if value != last.0 {
                        last = (value, self.class_of(value));
                    }
                    *class = last.1?;
                }
            }
            Some(())
        });
        whole.map(|()| classes)
    }

    /// The fault of values without a class in the label map `shown` of a case; the caller adds how
    /// to give them one.
    pub(crate) fn fault(&self, case: &str, shown: &str, unknown: &[(i32, u64)]) -> Fault {
        // The most common ones: a CT in place of a label map has thousands.
        let mut unknown = unknown.to_vec();
        unknown.sort_by_key(|(value, count)| (Reverse(*count), *value));
        let n_shown = if unknown.len() == MOST_VALUES + 1 { unknown.len() } else { MOST_VALUES };
        let shown_values = unknown.iter().take(n_shown);
        let found: Vec<String> =
            shown_values.map(|(value, count)| format!("{value} ({count} voxels)")).collect();
        let more = match unknown.len().saturating_sub(n_shown) {
            0 => String::new(),
            n_more => format!(" and {n_more} more values"),
        };
        Fault::new(format!("label map of case `{case}` holds values without a class"))
            .detail(format!("label map  {shown}"))
            .detail(format!("expected   {}", self.in_words().join(", ")))
            .detail(format!("found      {}{more}", found.join(", ")))
    }
}

/// Voxels by stored value.
pub(crate) fn count(labels: &Grid<i32>) -> BTreeMap<i32, u64> {
    let mut counts = BTreeMap::new();
    for run in labels.values().chunk_by(|a, b| a == b) {
        *counts.entry(run[0]).or_insert(0) += run.len() as u64;
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(map: &[(&str, u8)]) -> Result<LabelRule> {
        LabelRule::new(&spec::Data {
            root: String::new(),
            classes: ["background", "primary", "metastasis"].map(str::to_owned).to_vec(),
            label_map: map.iter().map(|&(key, class)| (key.to_owned(), class)).collect(),
            exclude: Vec::new(),
            patient: None,
            phantom: None,
        })
    }

    #[test]
    fn without_a_map_values_are_classes() {
        let rule = rule(&[]).unwrap();
        assert_eq!([-1, 0, 2, 3].map(|value| rule.class_of(value)), [None, Some(0), Some(2), None]);
    }

    #[test]
    fn a_map_names_every_value_but_the_background() {
        let rule = rule(&[("9", 1), ("1", 2)]).unwrap();
        assert_eq!(
            [0, 1, 2, 9].map(|value| rule.class_of(value)),
            [Some(0), Some(2), None, Some(1)]
        );
        let grid = Grid::from_vec([1, 1, 4], vec![0, 9, 9, 1]).unwrap();
        assert_eq!(rule.apply(&grid).unwrap().values(), [0, 1, 1, 2]);
        assert_eq!(rule.class_voxels(&count(&grid)), Ok(vec![1, 2, 1]));
        let unknown = Grid::from_vec([1, 1, 3], vec![9, 2, 2]).unwrap();
        assert_eq!(rule.apply(&unknown), None);
        assert_eq!(rule.class_voxels(&count(&unknown)), Err(vec![(2, 2)]));
    }

    #[test]
    fn the_most_common_values_without_a_class_are_listed() {
        let told = |values: std::ops::RangeInclusive<i32>| {
            let unknown: Vec<(i32, u64)> =
                values.map(|value| (value, value.unsigned_abs().into())).collect();
            rule(&[]).unwrap().fault("a", "a.nii", &unknown).details.pop().unwrap()
        };
        assert_eq!(
            told(3..=8),
            "found      8 (8 voxels), 7 (7 voxels), 6 (6 voxels), 5 (5 voxels), 4 (4 voxels), 3 (3 voxels)"
        );
        assert_eq!(
            told(-3..=300),
            "found      300 (300 voxels), 299 (299 voxels), 298 (298 voxels), 297 (297 voxels), \
             296 (296 voxels) and 299 more values"
        );
    }

    #[test]
    fn every_fault_of_a_map_is_told() {
        let error = rule(&[("bone", 1), ("4", 7)]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "error: `data.label-map` maps 4 to class 7, but the last class is 2\n\n\
             error: `data.label-map` names `bone`, which is not a whole number\n\n\
             2 faults"
        );
    }
}
