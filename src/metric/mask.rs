//! [`Mask`]: a set of voxels, one bit each, 64 neighbours along z to a word.
//!
//! Surfaces, neighbourhoods and overlaps are then a few word operations for 64 voxels at once,
//! and a mask of 512x512x100 voxels fits a CPU's cache. Outside of the volume nothing is set.
//!
//! Does not know about millimetres.

use crate::data::volume::Grid;
use std::ops::RangeInclusive;

/// Voxels of a box, axes `[x, y, z]`; a column is all z at one `[x, y]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mask {
    shape: [usize; 3],
    n_words: usize,
    words: Vec<u64>,
}

impl Mask {
    /// No voxel of a box.
    pub(super) fn empty(shape: [usize; 3]) -> Self {
        let n_words = shape[2].div_ceil(64);
        Self { shape, n_words, words: vec![0; shape[0] * shape[1] * n_words] }
    }

    /// The voxels with one of these labels, none of them 0.
    pub(super) fn of(labels: &Grid<u8>, classes: &RangeInclusive<u8>) -> Self {
        let mut mask = Self::empty(labels.shape());
        let (first, span) = (*classes.start(), classes.end().wrapping_sub(*classes.start()));
        if mask.words.is_empty() {
            return mask;
        }
        let lanes = labels.values().chunks_exact(mask.shape[2]);
        for (lane, column) in lanes.zip(mask.words.chunks_exact_mut(mask.n_words)) {
            // Most of a CT is background, which a plain comparison of bytes gets over quickly.
            if lane.iter().fold(0, |any, &label| any | label) == 0 {
                continue;
            }
            for (labels, word) in lane.chunks(64).zip(column) {
                *word = labels.iter().enumerate().fold(0, |word, (bit, label)| {
                    word | u64::from(label.wrapping_sub(first) <= span) << bit
                });
            }
        }
        mask
    }

    /// Voxels along x, y and z.
    pub(super) fn shape(&self) -> [usize; 3] {
        self.shape
    }

    /// Words of a column.
    pub(super) fn n_words(&self) -> usize {
        self.n_words
    }

    /// The column at `[x, y]`, which lies in the box.
    pub(super) fn column(&self, x: usize, y: usize) -> &[u64] {
        let first = (x * self.shape[1] + y) * self.n_words;
        &self.words[first..first + self.n_words]
    }

    /// The column at `[x, y]`, to change.
    pub(super) fn column_mut(&mut self, x: usize, y: usize) -> &mut [u64] {
        let first = (x * self.shape[1] + y) * self.n_words;
        &mut self.words[first..first + self.n_words]
    }

    /// The columns that hold any voxel, in order, with their `[x, y]`.
    pub(super) fn columns(&self) -> impl Iterator<Item = ([usize; 2], &[u64])> {
        let n_y = self.shape[1];
        let columns = self.words.chunks_exact(self.n_words.max(1)).enumerate();
        columns
            .filter(|(_, column)| column.iter().any(|&word| word != 0))
            .map(move |(idx, column)| ([idx / n_y, idx % n_y], column))
    }

    /// The voxels, z fastest.
    pub(super) fn voxels(&self) -> impl Iterator<Item = [usize; 3]> {
        self.columns().flat_map(|([x, y], column)| bits(column).map(move |z| [x, y, z]))
    }

    /// Whether it holds a voxel of the box.
    pub(super) fn has(&self, [x, y, z]: [usize; 3]) -> bool {
        self.column(x, y)[z / 64] >> (z % 64) & 1 == 1
    }

    /// Number of voxels.
    pub(super) fn count(&self) -> u64 {
        self.words.iter().map(|word| u64::from(word.count_ones())).sum()
    }

    /// Whether there is no voxel.
    pub(super) fn is_empty(&self) -> bool {
        self.words.iter().all(|&word| word == 0)
    }

    /// Adds the voxels `start..end` of a column.
    pub(super) fn fill(&mut self, [x, y]: [usize; 2], start: usize, end: usize) {
        for (word_idx, word) in self.column_mut(x, y).iter_mut().enumerate() {
            *word |= part(word_idx, start, end);
        }
    }

    /// Voxels in both; both masks are of one shape, as in all that follows.
    pub(super) fn and(&self, other: &Self) -> Self {
        self.with(other, |own, other| own & other)
    }

    /// Voxels in `self` alone.
    pub(super) fn without(&self, other: &Self) -> Self {
        self.with(other, |own, other| own & !other)
    }

    /// Voxels in either.
    pub(super) fn or(&self, other: &Self) -> Self {
        self.with(other, |own, other| own | other)
    }

    /// All other voxels of the box.
    pub(super) fn inverted(&self) -> Self {
        let mut all = Self::empty(self.shape);
        for x in 0..self.shape[0] {
            for y in 0..self.shape[1] {
                all.fill([x, y], 0, self.shape[2]);
            }
        }
        all.without(self)
    }

    /// Voxels with a face on the outside: the mask less its 6-connected erosion.
    pub(super) fn edge(&self) -> Self {
        let [n_x, n_y, _] = self.shape;
        let mut edge = Self::empty(self.shape);
        for ([x, y], column) in self.columns() {
            let is_on_side = x == 0 || y == 0 || x + 1 == n_x || y + 1 == n_y;
            let target = (x * n_y + y) * self.n_words;
            for (word_idx, &word) in column.iter().enumerate() {
                let mut inner = moved(column, word_idx, 1) & moved(column, word_idx, -1);
                if is_on_side {
                    inner = 0;
                } else {
                    inner &= self.column(x - 1, y)[word_idx] & self.column(x + 1, y)[word_idx];
                    inner &= self.column(x, y - 1)[word_idx] & self.column(x, y + 1)[word_idx];
                }
                edge.words[target + word_idx] = word & !inner;
            }
        }
        edge
    }

    /// The mask and every voxel that shares a face, an edge or a corner with it.
    pub(super) fn grown(&self) -> Self {
        let [n_x, n_y, n_z] = self.shape;
        let mut grown = Self::empty(self.shape);
        let mut smear = vec![0; self.n_words];
        for ([x, y], column) in self.columns() {
            for (word_idx, smear) in smear.iter_mut().enumerate() {
                let beside = moved(column, word_idx, 1) | moved(column, word_idx, -1);
                *smear = (column[word_idx] | beside) & part(word_idx, 0, n_z);
            }
            for x in x.saturating_sub(1)..(x + 2).min(n_x) {
                for y in y.saturating_sub(1)..(y + 2).min(n_y) {
                    let target = grown.column_mut(x, y);
                    target.iter_mut().zip(&smear).for_each(|(word, smear)| *word |= smear);
                }
            }
        }
        grown
    }

    fn with(&self, other: &Self, join: impl Fn(u64, u64) -> u64) -> Self {
        let words = self.words.iter().zip(&other.words).map(|(&own, &other)| join(own, other));
        Self { shape: self.shape, n_words: self.n_words, words: words.collect() }
    }
}

/// Word `word_idx` of a column moved so that bit z holds what is at `z + by`; `by` is within 63.
pub(super) fn moved(column: &[u64], word_idx: usize, by: isize) -> u64 {
    let step = by.unsigned_abs() & 63;
    let word = column[word_idx];
    if step == 0 {
        word
    } else if by > 0 {
        word >> step | column.get(word_idx + 1).map_or(0, |next| next << (64 - step))
    } else {
        let before = word_idx.checked_sub(1).map_or(0, |idx| column[idx]);
        word << step | before >> (64 - step)
    }
}

/// The bits of word `word_idx` that stand for `start..end` of a column.
pub(super) fn part(word_idx: usize, start: usize, end: usize) -> u64 {
    let first = word_idx * 64;
    let below = |z: usize| match z.saturating_sub(first) {
        n @ 0..64 => (1 << n) - 1,
        _ => u64::MAX,
    };
    below(end) & !below(start)
}

/// Positions that are set in a column, ascending.
pub(super) fn bits(column: &[u64]) -> impl Iterator<Item = usize> {
    column.iter().enumerate().flat_map(|(word_idx, &word)| {
        let mut rest = word;
        std::iter::from_fn(move || {
            let bit = (rest != 0).then(|| rest.trailing_zeros() as usize)?;
            rest &= rest - 1;
            Some(word_idx * 64 + bit)
        })
    })
}

/// How many of `start..end` are set in a column.
pub(super) fn count_in(column: &[u64], start: usize, end: usize) -> u64 {
    let touched = start / 64..end.div_ceil(64).min(column.len());
    touched.map(|idx| u64::from((column[idx] & part(idx, start, end)).count_ones())).sum()
}

/// Steps along a column from z to the nearest position that is set; `None` when none is.
pub(super) fn nearest(column: &[u64], z: usize) -> Option<usize> {
    let (own, bit) = (z / 64, z % 64);
    let upward = column[own] >> bit;
    let up = if upward == 0 {
        let next = (own + 1..column.len()).find(|&idx| column[idx] != 0);
        next.map(|idx| idx * 64 + column[idx].trailing_zeros() as usize - z)
    } else {
        Some(upward.trailing_zeros() as usize)
    };
    let downward = column[own] << (63 - bit);
    let down = if downward == 0 {
        let next = (0..own).rev().find(|&idx| column[idx] != 0);
        next.map(|idx| z - (idx * 64 + 63 - column[idx].leading_zeros() as usize))
    } else {
        Some(downward.leading_zeros() as usize)
    };
    match (up, down) {
        (Some(up), Some(down)) => Some(up.min(down)),
        (up, down) => up.or(down),
    }
}
