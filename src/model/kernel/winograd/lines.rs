//! The transforms along one axis.
//!
//! Does not know about volumes.

use super::super::simd::Lanes;

/// The vector at a place. Closures are not used in the loops below: they would be compiled without
/// the unit's instructions.
#[inline(always)]
pub(super) fn at<L: Lanes>(values: &[f32], place: usize) -> L::V {
    L::vectors(&values[place..][..L::N])[0]
}

/// B^T: what a block of inputs becomes along an axis.
#[inline(always)]
pub(super) fn inputs_forth<L: Lanes>(lanes: L, d: [L::V; 4]) -> [L::V; 4] {
    [lanes.sub(d[0], d[2]), lanes.add(d[1], d[2]), lanes.sub(d[2], d[1]), lanes.sub(d[3], d[1])]
}

/// A^T: what the products become along an axis.
#[inline(always)]
pub(super) fn outputs_back<L: Lanes>(lanes: L, m: [L::V; 4]) -> [L::V; 2] {
    let (sum, difference) = (lanes.add(m[1], m[2]), lanes.sub(m[1], m[2]));
    [lanes.add(m[0], sum), lanes.add(difference, m[3])]
}

/// A: what the gradient of a block of outputs becomes along an axis.
#[inline(always)]
pub(super) fn outputs_forth<L: Lanes>(lanes: L, g: [L::V; 2]) -> [L::V; 4] {
    [g[0], lanes.add(g[0], g[1]), lanes.sub(g[0], g[1]), g[1]]
}

/// G: what the weights become along an axis.
#[inline(always)]
pub(super) fn weights_forth<L: Lanes>(lanes: L, w: [L::V; 3]) -> [L::V; 4] {
    let half = lanes.splat(0.5);
    let outer = lanes.mul(half, lanes.add(w[0], w[2]));
    let inner = lanes.mul(half, w[1]);
    [w[0], lanes.add(outer, inner), lanes.sub(outer, inner), w[2]]
}

/// G^T: what the gradients of transformed weights become along an axis.
#[inline(always)]
pub(super) fn weights_back<L: Lanes>(lanes: L, u: [L::V; 4]) -> [L::V; 3] {
    let half = lanes.splat(0.5);
    let sum = lanes.mul(half, lanes.add(u[1], u[2]));
    let difference = lanes.mul(half, lanes.sub(u[1], u[2]));
    [lanes.add(u[0], sum), difference, lanes.add(sum, u[3])]
}
