//! Weights in their frequencies, and the gradients of these back to weights.
//!
//! Does not know about volumes.

use super::{
    super::simd::{Kernel, Lanes},
    lines::{at, weights_back, weights_forth},
    shape::Shape,
};

/// The weights of a panel of outputs in their frequencies.
pub(super) struct WeightsForth<'a, F> {
    pub(super) of: &'a Shape,
    pub(super) panel: usize,
    pub(super) weight: &'a F,
    /// `[frequency][input][columns of the panel]`.
    pub(super) found: &'a mut [f32],
}

impl<F: Fn(usize, usize, usize) -> f32> Kernel for WeightsForth<'_, F> {
    type Output = ();
    const ANY_WIDTH: bool = false;

    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        let panels = self.of.panels();
        let (first, vectors) = (panels.first_column(self.panel), panels.vectors_of(self.panel));
        let length = self.of.inputs * vectors * L::N;
        let zero = lanes.splat(0.0);
        let mut gathered = vec![0.0; 27 * L::N];
        for input in 0..self.of.inputs {
            for v in 0..vectors {
                for column in 0..L::N {
                    for tap in 0..27 {
                        gathered[tap * L::N + column] =
                            (self.weight)(first + v * L::N + column, input, tap);
                    }
                }
                let w = L::vectors(&gathered);
                let mut along_z = [[[zero; 4]; 3]; 3];
                for x in 0..3 {
                    for y in 0..3 {
                        let first = (x * 3 + y) * 3;
                        along_z[x][y] =
                            weights_forth(lanes, [w[first], w[first + 1], w[first + 2]]);
                    }
                }
                let mut along_y = [[[zero; 4]; 4]; 3];
                for x in 0..3 {
                    for z in 0..4 {
                        let row = along_z[x];
                        let column = weights_forth(lanes, [row[0][z], row[1][z], row[2][z]]);
                        for y in 0..4 {
                            along_y[x][y][z] = column[y];
                        }
                    }
                }
                for y in 0..4 {
                    for z in 0..4 {
                        let [a, b, c] = [along_y[0][y][z], along_y[1][y][z], along_y[2][y][z]];
                        for (x, value) in weights_forth(lanes, [a, b, c]).into_iter().enumerate() {
                            let f = (x * 4 + y) * 4 + z;
                            let place = f * length + (input * vectors + v) * L::N;
                            L::vectors_mut(&mut self.found[place..][..L::N])[0] = value;
                        }
                    }
                }
            }
        }
    }
}

/// The gradients of a panel of outputs from those of their transformed weights.
pub(super) struct WeightsBack<'a> {
    pub(super) of: &'a Shape,
    pub(super) panel: usize,
    /// From the panel's first value on.
    pub(super) sums: &'a [f32],
    /// `[output of the panel, input, 27]`.
    pub(super) target: &'a mut [f32],
}

impl Kernel for WeightsBack<'_> {
    type Output = ();
    const ANY_WIDTH: bool = false;

    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        let (inputs, step) = (self.of.inputs, self.of.matrix());
        let vectors = self.of.panels().vectors_of(self.panel);
        let zero = lanes.splat(0.0);
        let mut taps = vec![0.0; 27 * L::N];
        for input in 0..inputs {
            for v in 0..vectors {
                let place = (input * vectors + v) * L::N;
                let mut along_x = [[[zero; 4]; 4]; 3];
                for y in 0..4 {
                    for z in 0..4 {
                        let first = (y * 4 + z) * step + place;
                        let [a, b] = [first, first + 16 * step];
                        let [c, d] = [first + 32 * step, first + 48 * step];
                        let u = [
                            at::<L>(self.sums, a),
                            at::<L>(self.sums, b),
                            at::<L>(self.sums, c),
                            at::<L>(self.sums, d),
                        ];
                        let found = weights_back(lanes, u);
                        for x in 0..3 {
                            along_x[x][y][z] = found[x];
                        }
                    }
                }
                let tap_vectors = L::vectors_mut(&mut taps);
                for x in 0..3 {
                    let mut along_y = [[zero; 3]; 4];
                    for z in 0..4 {
                        let rows = along_x[x];
                        let u = [rows[0][z], rows[1][z], rows[2][z], rows[3][z]];
                        along_y[z] = weights_back(lanes, u);
                    }
                    for y in 0..3 {
                        let u = [along_y[0][y], along_y[1][y], along_y[2][y], along_y[3][y]];
                        let found = weights_back(lanes, u);
                        for z in 0..3 {
                            tap_vectors[(x * 3 + y) * 3 + z] = found[z];
                        }
                    }
                }
                for column in 0..L::N {
                    let target =
                        &mut self.target[((v * L::N + column) * inputs + input) * 27..][..27];
                    for (tap, value) in target.iter_mut().enumerate() {
                        *value = taps[tap * L::N + column];
                    }
                }
            }
        }
    }
}
