//! [`Buffer`]: memory for the values of volumes, used again instead of asked for anew.
//!
//! A step allocates the same sizes as the step before. Fresh memory costs a page fault every
//! 4 KiB, which together take as long as a convolution.
//!
//! Does not know what the values mean.

use std::{
    collections::VecDeque,
    ops::{Deref, DerefMut},
    sync::{Mutex, MutexGuard, PoisonError},
};

/// Values in a line of the cache: buffers begin at one.
const LINE: usize = 16;

/// Smaller buffers come from the allocator, which keeps them itself.
const SMALLEST_KEPT: usize = 16 * 1024;

/// So many values, which are arbitrary at first.
#[derive(Debug)]
pub struct Buffer {
    values: Vec<f32>,
    start: usize,
    len: usize,
}

/// Memory that waits to be used again.
#[derive(Debug)]
struct Kept {
    /// Free memory, oldest first.
    free: VecDeque<Vec<f32>>,
    n_free: usize,
    n_used: usize,
}

static KEPT: Mutex<Kept> = Mutex::new(Kept::new());

fn kept() -> MutexGuard<'static, Kept> {
    KEPT.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Kept {
    const fn new() -> Self {
        Self { free: VecDeque::new(), n_free: 0, n_used: 0 }
    }

    /// Free memory of just this size. When there is none, older memory of other sizes is given back,
    /// so that a change of sizes does not leave both in use.
    fn take(&mut self, size: usize) -> Option<Vec<f32>> {
        self.n_used += size;
        let found = self.free.iter().rposition(|values| values.len() == size);
        if let Some(values) = found.and_then(|at| self.free.remove(at)) {
            self.n_free -= size;
            return Some(values);
        }
        while self.n_free > self.n_used
            && let Some(oldest) = self.free.pop_front()
        {
            self.n_free -= oldest.len();
        }
        None
    }

    fn give_back(&mut self, values: Vec<f32>) {
        self.n_used -= values.len();
        self.n_free += values.len();
        self.free.push_back(values);
    }
}

impl Buffer {
    /// `len` values, whatever was there before: the caller writes all of them.
    pub fn new(len: usize) -> Self {
        let size = len + LINE - 1;
        let values = if len < SMALLEST_KEPT { None } else { kept().take(size) };
        let values = values.unwrap_or_else(|| vec![0.0; size]);
        let start = values.as_ptr().align_offset(LINE * size_of::<f32>()).min(LINE - 1);
        Self { values, start, len }
    }

    /// `len` zeros.
    pub fn zeros(len: usize) -> Self {
        let mut buffer = Self::new(len);
        buffer.fill(0.0);
        buffer
    }

    /// A copy of these values.
    pub fn copy_of(values: &[f32]) -> Self {
        let mut buffer = Self::new(values.len());
        buffer.copy_from_slice(values);
        buffer
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        if self.len >= SMALLEST_KEPT {
            kept().give_back(std::mem::take(&mut self.values));
        }
    }
}

impl Deref for Buffer {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        &self.values[self.start..][..self.len]
    }
}

impl DerefMut for Buffer {
    fn deref_mut(&mut self) -> &mut [f32] {
        &mut self.values[self.start..][..self.len]
    }
}

impl AsRef<[u8]> for Buffer {
    fn as_ref(&self) -> &[u8] {
        bytemuck::cast_slice(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_of_the_same_size_is_used_again_and_of_other_sizes_given_back() {
        let mut kept = Kept::new();
        assert!(kept.take(100).is_none());
        let values = vec![0.0; 100];
        let place = values.as_ptr();
        kept.give_back(values);
        assert_eq!(kept.take(100).map(|values| values.as_ptr()), Some(place));
        kept.give_back(vec![0.0; 100]);
        // As long as more is used than is free, nothing is given back.
        assert!(kept.take(200).is_none());
        assert_eq!(kept.n_free, 100);
        kept.give_back(vec![0.0; 200]);
        assert!(kept.take(10).is_none());
        assert_eq!((kept.n_free, kept.n_used, kept.free.len()), (0, 10, 0));
    }

    #[test]
    fn a_buffer_begins_at_a_cache_line() {
        for len in [5, SMALLEST_KEPT + 1] {
            let buffer = Buffer::zeros(len);
            assert_eq!((buffer.as_ptr().align_offset(64), buffer.len()), (0, len));
        }
        assert_eq!(Buffer::copy_of(&[1.0, 2.0])[..], [1.0, 2.0]);
    }
}
