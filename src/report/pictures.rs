//! [`embedded`]: which pictures of a report are part of the page itself, and [`pictures`]: all of
//! them.
//!
//! A page must open wherever it is sent, so it cannot link to pictures beside it; and it
//! must stay small enough to be sent. So it holds pictures up to [`MOST_BYTES`] and names the
//! others. Whole runs come before one picture of each run: the best, the median and the worst
//! case of a run are looked at together.
//!
//! Does not know what they show.

use super::content::{Block, Content, Picture};
use std::collections::BTreeSet;

/// Bytes of PNG in a page, a third less than they take there: with the figures of 12 runs a page
/// stays below 5 MB.
const MOST_BYTES: usize = 2_600_000;

/// All pictures in the order of the page.
pub(super) fn pictures(content: &Content) -> Vec<&Picture> {
    let mut found = Vec::new();
    for (_, sections) in content.parts() {
        for section in sections {
            push(&mut found, &section.blocks);
        }
    }
    found
}

fn push<'c>(found: &mut Vec<&'c Picture>, blocks: &'c [Block]) {
    for block in blocks {
        match block {
            Block::Pictures(pictures) => found.extend(pictures),
            Block::Folded { blocks, .. } => push(found, blocks),
            _ => {}
        }
    }
}

/// Paths of the pictures that the page holds: of one folder after the other the first, the middle
/// and the last one, then all others, until the first for which there is no room.
pub(super) fn embedded(content: &Content) -> BTreeSet<&str> {
    chosen(&pictures(content), MOST_BYTES)
}

fn chosen<'c>(pictures: &[&'c Picture], most_bytes: usize) -> BTreeSet<&'c str> {
    let folder = |picture: &Picture| picture.path.rsplit_once('/').map(|it| it.0.to_owned());
    let (mut first, mut others) = (Vec::new(), Vec::new());
    for group in pictures.chunk_by(|left, right| folder(left) == folder(right)) {
        let last = group.len() - 1;
        for (picture_idx, picture) in group.iter().enumerate() {
            let is_first = [0, last / 2, last].contains(&picture_idx);
            if is_first { first.push(*picture) } else { others.push(*picture) }
        }
    }
    let mut n_bytes = 0;
    let fits = |picture: &&Picture| {
        n_bytes += picture.png.len();
        n_bytes <= most_bytes
    };
    first.into_iter().chain(others).take_while(fits).map(|it| it.path.as_str()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(path: &str) -> Picture {
        Picture { path: path.into(), caption: String::new(), png: vec![0; 10] }
    }

    #[test]
    fn best_median_and_worst_of_the_first_runs_have_room_first() {
        let paths = ["a/1", "a/2", "a/3", "a/4", "a/5", "b/1", "b/2"];
        let all = paths.map(picture);
        let all: Vec<&Picture> = all.iter().collect();
        let chosen = |n_pictures: usize| {
            chosen(&all, 10 * n_pictures).into_iter().collect::<Vec<_>>().join(" ")
        };
        assert_eq!(chosen(0), "");
        assert_eq!(chosen(3), "a/1 a/3 a/5");
        assert_eq!(chosen(5), "a/1 a/3 a/5 b/1 b/2");
        assert_eq!(chosen(6), "a/1 a/2 a/3 a/5 b/1 b/2");
        assert_eq!(chosen(9), paths.join(" "));
    }
}
