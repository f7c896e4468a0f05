//! [`Draws`]: indices drawn at random from a fixed seed, as other programs can draw them too.
//!
//! Does not know what is drawn.

/// `SplitMix64` (Steele, Lea and Flood), the generator of the reference values.
#[derive(Debug, Clone)]
pub(super) struct Draws {
    state: u64,
}

impl Draws {
    pub(super) fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.state;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        bits ^ (bits >> 31)
    }

    /// Uniform in `0..n`; 0 when `n` is 0.
    pub(super) fn below(&mut self, n: usize) -> usize {
        usize::try_from((u128::from(self.next()) * n as u128) >> 64).unwrap_or(0)
    }

    /// As many indices below `n` as there are places, one after the other.
    pub(super) fn fill(&mut self, indices: &mut [usize], n: usize) {
        for index in indices {
            *index = self.below(n);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indices_are_those_of_the_reference() {
        // By numpy: the resamples of the reference values for 5 and for 12 cases.
        let mut five = Draws::new(1005);
        let mut indices = [0; 5];
        for expected in [[4, 1, 2, 3, 0], [4, 1, 2, 0, 2], [0, 0, 0, 2, 1]] {
            five.fill(&mut indices, 5);
            assert_eq!(indices, expected);
        }
        let mut twelve = Draws::new(1012);
        let mut indices = [0; 12];
        twelve.fill(&mut indices, 12);
        assert_eq!(indices, [0, 5, 1, 11, 11, 8, 11, 10, 7, 9, 9, 9]);
        assert_eq!(twelve.below(0), 0);
    }
}
