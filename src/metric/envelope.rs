//! [`Envelope`]: the least of many parabolas, along one line.
//!
//! Does not know about grids.

/// The lower envelope of `(position - apex)^2 + height` over the parabolas pushed.
///
/// # Source
/// Felzenszwalb and Huttenlocher, Distance Transforms of Sampled Functions, 2012.
#[derive(Debug, Default)]
pub(super) struct Envelope {
    parabolas: Vec<Parabola>,
    /// Parabola the last question was answered by.
    at: usize,
}

#[derive(Debug, Clone, Copy)]
struct Parabola {
    apex: f64,
    height: f64,
    /// Position from which on it is the lowest.
    from: f64,
}

impl Envelope {
    /// Forgets all parabolas.
    pub(super) fn clear(&mut self) {
        self.parabolas.clear();
        self.at = 0;
    }

    /// Adds a parabola whose apex lies beyond all earlier ones.
    pub(super) fn push(&mut self, apex: f64, height: f64) {
        let mut from = f64::NEG_INFINITY;
        while let Some(last) = self.parabolas.last() {
            from = f64::midpoint(apex, last.apex)
                + (height - last.height) / (2.0 * (apex - last.apex));
            if from > last.from {
                break;
            }
            from = f64::NEG_INFINITY;
            self.parabolas.pop();
        }
        self.parabolas.push(Parabola { apex, height, from });
    }

    /// The least value at a position that does not lie before the last one asked for; infinite
    /// when there is no parabola.
    pub(super) fn at(&mut self, position: f64) -> f64 {
        while self.parabolas.get(self.at + 1).is_some_and(|next| next.from <= position) {
            self.at += 1;
        }
        self.parabolas
            .get(self.at)
            .map_or(f64::INFINITY, |parabola| (position - parabola.apex).powi(2) + parabola.height)
    }
}
