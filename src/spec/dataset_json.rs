//! [`DatasetJson`]: what an nnU-Net data set says of its channels and labels in `dataset.json`.
//!
//! Does not know which files there are, or what a spec makes of the labels.

use super::encoding::UTF_8_MARK;
use crate::base::{Fault, Result, fs};
use serde_json::{Map, Value as Json};
use std::{borrow::Cow, collections::BTreeMap, path::Path};

const NAME: &str = "dataset.json";

/// What is read of a `dataset.json`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DatasetJson {
    /// Channels as `0 CT`, in the file's order.
    pub channels: Vec<String>,
    /// Name of each label value, in order of the values.
    pub labels: BTreeMap<i32, String>,
    /// The label value of voxels that nobody has labelled, when the data set has one.
    pub ignore: Option<i32>,
    /// Names that stand for several label values: training by regions.
    pub regions: Vec<String>,
}

impl DatasetJson {
    /// Reads the file of a data root; `None` when there is none.
    ///
    /// # Errors
    /// When it cannot be read or is not JSON.
    pub fn read(root: &Path) -> Result<Option<Self>> {
        let path = root.join(NAME);
        if !path.is_file() {
            return Ok(None);
        }
        let bytes = fs::read(&path)?;
        let text = text(&bytes);
        let json: Json = serde_json::from_str(&text).map_err(|error| {
            let fault = Fault::new(format!("cannot read `{}`", path.display())).caused_by(&error);
            if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
                fault.hint("it is stored as UTF-16: save it as UTF-8")
            } else {
                fault
            }
        })?;
        Ok(Some(Self::of(&json)))
    }

    fn of(json: &Json) -> Self {
        let table = |key: &str| json.get(key).and_then(Json::as_object);
        let channels = table("channel_names").or_else(|| table("modality"));
        let name = |name: &Json| name.as_str().unwrap_or_default().to_owned();
        let mut found = Self {
            channels: channels.map_or_else(Vec::new, |channels| {
                channels.iter().map(|(number, value)| format!("{number} {}", name(value))).collect()
            }),
            ..Self::default()
        };
        found.add_labels(table("labels").unwrap_or(&Map::new()));
        found
    }

    /// Both forms: `"name": 1`, and `"1": "name"` of nnU-Net's first version.
    fn add_labels(&mut self, labels: &Map<String, Json>) {
        for (key, value) in labels {
            let number = |json: &Json| match json {
                Json::String(text) => text.trim().parse().ok(),
                json => json.as_i64().and_then(|value| i32::try_from(value).ok()),
            };
            let (value, name) = match (key.trim().parse::<i32>(), value) {
                (_, Json::Array(_)) => {
                    self.regions.push(key.clone());
                    continue;
                }
                (Ok(value), Json::String(name)) => (value, name.as_str()),
                (_, json) => match number(json) {
                    Some(value) => (value, key.as_str()),
                    None => continue,
                },
            };
            if name.eq_ignore_ascii_case("ignore") {
                self.ignore = Some(value);
            } else {
                self.labels.insert(value, name.to_owned());
            }
        }
    }

    /// Class names, background first; `None` when the values are not 0, 1, 2 and so on.
    pub fn classes(&self) -> Option<Vec<String>> {
        let is_next = |(position, value): (usize, &i32)| usize::try_from(*value) == Ok(position);
        let is_whole = self.labels.len() > 1 && self.labels.keys().enumerate().all(is_next);
        is_whole.then(|| self.labels.values().cloned().collect())
    }
}

/// UTF-8 with or without a mark; else Latin-1, in which every byte is a letter.
fn text(bytes: &[u8]) -> Cow<'_, str> {
    let bytes = bytes.strip_prefix(UTF_8_MARK).unwrap_or(bytes);
    match std::str::from_utf8(bytes) {
        Ok(text) => text.into(),
        Err(_) => bytes.iter().map(|byte| char::from(*byte)).collect::<String>().into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> DatasetJson {
        DatasetJson::of(&serde_json::from_str(text).unwrap())
    }

    #[test]
    fn labels_are_read_in_both_forms() {
        let names = |labels: &[(i32, &str)]| -> BTreeMap<i32, String> {
            labels.iter().map(|(value, name)| (*value, (*name).to_owned())).collect()
        };
        let expected = names(&[(0, "background"), (1, "metastasis"), (2, "primary")]);
        let new = r#"{"labels": {"background": 0, "primary": 2, "metastasis": "1"}}"#;
        let old = r#"{"labels": {"0": "background", "1": "metastasis", "2": "primary"}}"#;
        assert_eq!([of(new).labels, of(old).labels], [expected.clone(), expected]);
        let classes = of(new).classes().unwrap();
        assert_eq!(classes, ["background", "metastasis", "primary"]);
    }

    #[test]
    fn the_ignore_label_and_regions_are_no_classes() {
        let found = of(r#"{"labels": {"background": 0, "organ": 1, "ignore": 2, "all": [1, 2]},
                           "channel_names": {"0": "CT"}}"#);
        assert_eq!((found.ignore, found.regions.as_slice()), (Some(2), &["all".to_owned()][..]));
        assert_eq!(found.channels, ["0 CT"]);
        assert_eq!(found.classes().unwrap(), ["background", "organ"]);
        assert_eq!(of(r#"{"labels": {"background": 0, "organ": 7}}"#).classes(), None);
        assert_eq!(of("[]"), DatasetJson::default());
    }

    #[test]
    fn marks_and_older_encodings_are_read() {
        assert_eq!(text(b"\xef\xbb\xbf{\"a\": 1}"), "{\"a\": 1}");
        assert_eq!(text("Gefäß".as_bytes()), "Gefäß");
        assert_eq!(text(b"Gef\xe4\xdf"), "Gefäß");
    }
}
