//! [`Reference`]: the name of a cell, such as `effects[no-augmentation, foreground].difference`.
//!
//! Does not know what the cell holds.

use crate::analysis::{Evidence, EvidenceTable, FOREGROUND, Setting};
use std::{collections::BTreeSet, fmt};

/// The name of a cell, and what it held when it was written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// Table.
    pub table: String,
    /// Keys of the row.
    pub keys: Vec<String>,
    /// Column.
    pub column: String,
    /// What the cell showed when the text was written.
    pub pinned: Option<String>,
}

impl Reference {
    /// From the text between the braces: `table[key, key].column`, or with ` = 0.612` behind.
    /// A key that holds a comma or a bracket is written in double quotes.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn parse(text: &str) -> Result<Self, String> {
        let expected = "expected `table[key, key].column`";
        let (table, rest) = text.split_once('[').ok_or(expected)?;
        let (keys, rest) = keys(rest).ok_or("a bracket or a quote is not closed")?;
        let rest = rest.trim_start().strip_prefix('.').ok_or(expected)?;
        let (column, pinned) = match rest.split_once('=') {
            Some((column, pinned)) => (column, Some(pinned.trim().to_owned())),
            None => (rest, None),
        };
        let (table, column) = (table.trim().to_owned(), column.trim().to_owned());
        let is_name =
            |name: &str| !name.is_empty() && !name.contains(|letter: char| letter.is_whitespace());
        if !is_name(&table) || !is_name(&column) || keys.iter().any(String::is_empty) {
            return Err(expected.to_owned());
        }
        Ok(Self { table, keys, column, pinned })
    }

    /// The same cell by the name that its setting has now: a setting is named by what sets it apart
    /// from the others of its experiment, so the name changes when others are run.
    pub(super) fn current(&self, evidence: &Evidence) -> Self {
        let mut current = self.clone();
        let table = evidence.table(&self.table);
        let names = table.map_or(&[][..], |table| table.keys);
        for (_, key) in names.iter().zip(&mut current.keys).filter(|(name, _)| **name == "setting")
        {
            let fits: Vec<&Setting> = evidence.settings.iter().filter(|it| it.fits(key)).collect();
            if let [only] = fits.as_slice()
                && evidence.settings.iter().all(|setting| setting.name != *key)
            {
                key.clone_from(&only.name);
            }
        }
        current
    }

    /// The same cell, found in one of the tables; what is wrong with the name otherwise.
    pub(super) fn find<'a>(&self, evidence: &'a Evidence) -> Lookup<'a> {
        self.current(evidence).look_up(evidence)
    }

    fn look_up<'a>(&self, evidence: &'a Evidence) -> Lookup<'a> {
        let tables = &evidence.tables;
        let Some(table) = tables.iter().find(|table| table.id == self.table) else {
            let known: Vec<&str> = tables.iter().map(|table| table.id).collect();
            return Lookup::Unknown(format!(
                "there is no table `{}`; there are {}",
                self.table,
                known.join(", ")
            ));
        };
        if table.keys.len() != self.keys.len() {
            return Lookup::Unknown(format!(
                "`{}` needs {} keys ({}), found {}",
                self.table,
                table.keys.len(),
                table.keys.join(", "),
                self.keys.len()
            ));
        }
        let Some(column_idx) = table.column(&self.column) else {
            if table.unused.contains(&self.column) || table.rows.is_empty() {
                return Lookup::Empty;
            }
            let known: Vec<&str> = table.columns.iter().map(|column| column.id.as_str()).collect();
            return Lookup::Unknown(format!(
                "table `{}` has no column `{}`; it has {}",
                self.table,
                self.column,
                known.join(", ")
            ));
        };
        if let Some(why) = self.no_such_row(table, evidence) {
            return Lookup::Unknown(why);
        }
        let row_idx = table.rows.iter().position(|row| row.keys == self.keys);
        let found = row_idx.map(|row_idx| (row_idx, &table.rows[row_idx]));
        match found.filter(|(_, row)| row.values[column_idx].is_some()) {
            Some((row_idx, row)) => Lookup::Cell(CitedCell {
                text: row.values[column_idx].shown(table.columns[column_idx].format),
                anchor: table.anchor(row_idx, column_idx),
                runs: &row.runs,
            }),
            None => Lookup::Empty,
        }
    }
}

impl Reference {
    /// Why a row could never be there: a class that no run has, or a row that such tables always
    /// have. A setting that has no run may get one.
    fn no_such_row(&self, table: &EvidenceTable, evidence: &Evidence) -> Option<String> {
        if evidence.settings.is_empty() || table.row(&self.keys).is_some() {
            return None;
        }
        for (name, key) in table.keys.iter().zip(&self.keys) {
            let place = table.keys.iter().position(|known| known == name).unwrap_or_default();
            let own = table.rows.iter().filter_map(|row| row.keys.get(place));
            if *name == "setting" {
                let is_known = evidence.settings.iter().any(|setting| setting.name == *key);
                let is_of = |setting: &&Setting| !is_known && setting.fits(key);
                let parts: Vec<&str> = evidence
                    .settings
                    .iter()
                    .filter(is_of)
                    .map(|setting| setting.name.as_str())
                    .collect();
                if !parts.is_empty() {
                    let parts = parts.join("`, `");
                    return Some(format!("`{key}` has several settings: name one of `{parts}`"));
                }
            }
            let known: BTreeSet<&String> = match *name {
                "class" => evidence.classes.iter().chain(own).collect(),
                "what" | "name" | "reference" => own.collect(),
                _ => continue,
            };
            let is_foreground = *name == "class" && key == FOREGROUND;
            if !known.is_empty() && !is_foreground && !known.contains(key) {
                let known: Vec<&str> = known.into_iter().map(String::as_str).collect();
                let known = known.join(", ");
                return Some(format!("table `{}` has no {name} `{key}`; it has {known}", table.id));
            }
        }
        None
    }
}

/// What a reference leads to.
pub(super) enum Lookup<'a> {
    /// A cell with something in it.
    Cell(CitedCell<'a>),
    /// A cell that could be and is not filled.
    Empty,
    /// Nothing that could ever be: why.
    Unknown(String),
}

/// A cell that is cited.
pub(super) struct CitedCell<'a> {
    /// As it is written.
    pub(super) text: String,
    /// Its id in the page.
    pub(super) anchor: String,
    /// Runs behind it.
    pub(super) runs: &'a [String],
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quoted = |key: &String| {
            if key.contains([',', ']', '"']) { format!("\"{key}\"") } else { key.clone() }
        };
        let keys: Vec<String> = self.keys.iter().map(quoted).collect();
        write!(f, "{}[{}].{}", self.table, keys.join(", "), self.column)?;
        self.pinned.iter().try_for_each(|pinned| write!(f, " = {pinned}"))
    }
}

/// Keys up to the closing bracket, and what follows it.
fn keys(text: &str) -> Option<(Vec<String>, &str)> {
    let (mut keys, mut key, mut is_quoted) = (Vec::new(), String::new(), false);
    for (place, letter) in text.char_indices() {
        match letter {
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => keys.push(std::mem::take(&mut key).trim().to_owned()),
            ']' if !is_quoted => {
                keys.push(key.trim().to_owned());
                return Some((keys, &text[place + 1..]));
            }
            letter => key.push(letter),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_reads_back_as_it_is_written() {
        for text in [
            "scores[baseline, primary].dice",
            "noise[foreground].three-seeds = 0.021",
            "effects[\"sweep: lr = 1, flip = 2\", foreground].difference",
        ] {
            assert_eq!(Reference::parse(text).unwrap().to_string(), text);
        }
        let spaced = Reference::parse(" scores [ a ,b c ] . dice=0.6 ").unwrap();
        assert_eq!(spaced.keys, ["a", "b c"]);
        assert_eq!((spaced.column.as_str(), spaced.pinned.as_deref()), ("dice", Some("0.6")));
    }

    #[test]
    fn what_is_no_reference_is_told() {
        for text in ["scores", "scores[a.dice", "scores[a]", "[a].b", "scores[a, ].b", "x[a].b c"] {
            assert!(Reference::parse(text).is_err(), "{text}");
        }
    }
}
