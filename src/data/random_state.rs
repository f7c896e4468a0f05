//! [`RandomState`]: the shuffles of numpy's legacy generator, which scikit-learn splits with.
//!
//! Only splits use it, so that `train_test_split(random_state=42)` can be repeated; every other
//! draw comes from [`Draw`](crate::base::random::Draw).
//!
//! Does not know about cases or splits.

const LENGTH: usize = 624;
const SHIFT: usize = 397;

/// Mersenne Twister MT19937, seeded as `numpy.random.RandomState(seed)`.
#[derive(Debug, Clone)]
pub struct RandomState {
    key: [u32; LENGTH],
    n_used: usize,
}

impl RandomState {
    /// A generator. numpy takes seeds below 2^32; of a larger one the two halves are merged.
    pub fn new(seed: u64) -> Self {
        let mut word = u32::try_from((seed ^ seed >> 32) & 0xffff_ffff).unwrap_or_default();
        let mut key = [0; LENGTH];
        for (position, slot) in (1_u32..).zip(&mut key) {
            *slot = word;
            word = 1_812_433_253_u32.wrapping_mul(word ^ (word >> 30)).wrapping_add(position);
        }
        Self { key, n_used: LENGTH }
    }

    /// `RandomState.permutation(n)`: what `train_test_split` draws from.
    pub fn permutation(&mut self, n: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..n).collect();
        for idx in (1..n).rev() {
            order.swap(idx, self.up_to(idx));
        }
        order
    }

    /// Uniform in `0..=highest`, by rejection under the smallest mask that covers it.
    fn up_to(&mut self, highest: usize) -> usize {
        let mask = (highest + 1).next_power_of_two() - 1;
        loop {
            let value = self.next() as usize & mask;
            if value <= highest {
                return value;
            }
        }
    }

    fn next(&mut self) -> u32 {
        if self.n_used == LENGTH {
            self.twist();
        }
        let mut word = self.key[self.n_used];
        self.n_used += 1;
        word ^= word >> 11;
        word ^= (word << 7) & 0x9d2c_5680;
        word ^= (word << 15) & 0xefc6_0000;
        word ^ (word >> 18)
    }

    fn twist(&mut self) {
        for idx in 0..LENGTH {
            let joined =
                (self.key[idx] & 0x8000_0000) | (self.key[(idx + 1) % LENGTH] & 0x7fff_ffff);
            let odd = if joined & 1 == 1 { 0x9908_b0df } else { 0 };
            self.key[idx] = self.key[(idx + SHIFT) % LENGTH] ^ (joined >> 1) ^ odd;
        }
        self.n_used = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gives_the_published_ten_thousandth_number() {
        // The C++ standard requires this of `mt19937`, whose default seed is 5489.
        let mut state = RandomState::new(5489);
        let last = (0..10_000).map(|_| state.next()).last();
        assert_eq!(last, Some(4_123_659_995));
    }

    #[test]
    fn a_permutation_of_none_or_one_is_itself() {
        assert_eq!(RandomState::new(42).permutation(0), Vec::<usize>::new());
        assert_eq!(RandomState::new(42).permutation(1), [0]);
    }
}
