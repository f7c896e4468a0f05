//! [`cycles`]: files of one room that need each other.
//!
//! A `mod.rs` hands names on: what it re-exports is looked up in the file behind it. Tests do not
//! count, and a child may name what its parent declares. Does not know the rooms.

use super::{File, paths::Kind};
use std::collections::{BTreeMap, BTreeSet};

type Modules<'a> = BTreeMap<Vec<String>, &'a File>;

/// Groups of files that all need each other, directly or not.
pub(super) fn cycles(files: &[File]) -> Vec<String> {
    let modules: Modules<'_> = files.iter().map(|file| (file.module.clone(), file)).collect();
    let needs: BTreeMap<&str, BTreeSet<&str>> =
        files.iter().map(|file| (file.name.as_str(), needed(file, &modules))).collect();
    let mut groups = BTreeSet::new();
    for name in needs.keys() {
        let group: BTreeSet<&str> = reached(name, &needs)
            .into_iter()
            .filter(|other| reached(other, &needs).contains(name))
            .collect();
        if group.len() > 1 {
            groups.insert(group.into_iter().collect::<Vec<_>>().join(", "));
        }
    }
    groups.into_iter().collect()
}

fn reached<'a>(from: &str, needs: &BTreeMap<&'a str, BTreeSet<&'a str>>) -> BTreeSet<&'a str> {
    let mut found = BTreeSet::new();
    let mut open: Vec<&str> = needs[from].iter().copied().collect();
    while let Some(next) = open.pop() {
        if found.insert(next) {
            open.extend(&needs[next]);
        }
    }
    found
}

/// Files of its room that a file needs.
fn needed<'a>(file: &'a File, modules: &Modules<'a>) -> BTreeSet<&'a str> {
    let mut needed = BTreeSet::new();
    for path in file.source.paths.iter().filter(|path| !path.is_test) {
        if file.is_mod() && path.kind == Kind::PubUse {
            continue;
        }
        let absolute = file.absolute(path).or_else(|| {
            let child = [&file.module[..], &path.segments].concat();
            modules.contains_key(&child[..=file.module.len()]).then_some(child)
        });
        if let Some(home) = absolute.and_then(|path| home(&path, modules, 0))
            && home.room() == file.room()
            && !file.module.starts_with(&home.module)
        {
            needed.insert(home.name.as_str());
        }
    }
    needed
}

/// The file in which a name is defined.
fn home<'a>(path: &[String], modules: &Modules<'a>, depth: usize) -> Option<&'a File> {
    let length = (1..=path.len()).rev().find(|&length| modules.contains_key(&path[..length]))?;
    let (file, rest) = (modules[&path[..length]], &path[length..]);
    let Some(name) = rest.first() else { return Some(file) };
    if !file.is_mod() || file.source.items.contains(name) || depth > 9 {
        return Some(file);
    }
    let uses = file.source.paths.iter().filter(|path| path.kind != Kind::Code && !path.is_test);
    for path in uses {
        let target =
            file.absolute(path).unwrap_or_else(|| [&file.module[..], &path.segments].concat());
        if path.name == *name {
            return home(&target, modules, depth + 1);
        }
        if path.name == "*" {
            let inner = [&target[..target.len() - 1], std::slice::from_ref(name)].concat();
            if let Some(found) = home(&inner, modules, depth + 1)
                && found.source.items.contains(name)
            {
                return Some(found);
            }
        }
    }
    Some(file)
}

#[test]
fn a_circle_of_files_is_found_through_re_exports_and_groups() {
    let sources = [
        ("a/mod.rs", "mod b;\nmod c;\nmod d;\npub use b::B;\npub(super) use c::*;\nuse d::D;"),
        ("a/b.rs", "use super::{C, e};\npub struct B;"),
        ("a/c.rs", "use crate::a::d;\npub struct C(d::D);"),
        ("a/d.rs", "pub struct D(super::B);"),
        // Not in the circle: a child names its parent, a test names anything.
        ("a/e.rs", "mod f;\nuse f::F;\npub struct E;\n#[cfg(test)] mod tests { use crate::a::B; }"),
        ("a/e/f.rs", "use super::E;\npub struct F;"),
    ];
    let files = sources.map(|(name, text)| File::new(name, text));
    assert_eq!(cycles(&files), ["a/b.rs, a/c.rs, a/d.rs"]);
}
