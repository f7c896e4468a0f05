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

#[derive(Debug, Default)]
struct Kept {
    /// Free memory, oldest first.
    free: VecDeque<Vec<f32>>,
    n_free: usize,
    n_used: usize,
}

static KEPT: Mutex<Kept> = Mutex::new(Kept { free: VecDeque::new(), n_free: 0, n_used: 0 });

fn kept() -> MutexGuard<'static, Kept> {
    KEPT.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Buffer {
    /// `len` values, whatever was there before: the caller writes all of them.
    pub fn new(len: usize) -> Self {
        let values = if len < SMALLEST_KEPT { None } else { take(len) };
        let values = values.unwrap_or_else(|| vec![0.0; len + LINE - 1]);
        let start = values.as_ptr().align_offset(LINE * size_of::<f32>()).min(LINE - 1);
        Self { values, start, len }
    }

    /// `len` zeros.
    pub fn zeros(len: usize) -> Self {
        let mut buffer = Self::new(len);
        buffer.fill(0.0);
        buffer
    }
}

/// Free memory of just this size. When there is none, older memory of other sizes is given back,
/// so that a change of sizes does not leave both in use.
fn take(len: usize) -> Option<Vec<f32>> {
    let mut kept = kept();
    kept.n_used += len;
    let size = len + LINE - 1;
    let found = kept.free.iter().rposition(|values| values.len() == size);
    if let Some(values) = found.and_then(|at| kept.free.remove(at)) {
        kept.n_free -= len;
        return Some(values);
    }
    while kept.n_free > kept.n_used {
        let Some(oldest) = kept.free.pop_front() else {
            break;
        };
        kept.n_free -= oldest.len() - (LINE - 1);
    }
    None
}

impl Drop for Buffer {
    fn drop(&mut self) {
        if self.len >= SMALLEST_KEPT {
            let mut kept = kept();
            kept.n_used -= self.len;
            kept.n_free += self.len;
            kept.free.push_back(std::mem::take(&mut self.values));
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
    fn memory_is_used_again_and_begins_at_a_cache_line() {
        let first = Buffer::zeros(3 * SMALLEST_KEPT + 1);
        let place = first.as_ptr();
        assert_eq!(place.align_offset(64), 0);
        drop(first);
        let second = Buffer::new(3 * SMALLEST_KEPT + 1);
        assert_eq!(second.as_ptr(), place);
        assert_eq!(second.len(), 3 * SMALLEST_KEPT + 1);
        assert_eq!(Buffer::new(5).len(), 5);
    }
}
