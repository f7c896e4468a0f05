//! [`apply`]: mirrors a case along some of its axes.

use crate::{
    base::random::Draw,
    data::volume::Grid,
    spec::{Axis, Flip},
};
use std::borrow::Cow;

/// Mirrors image and labels along each axis of `rule`, each with its own draw.
pub(super) fn apply(
    rule: &Flip,
    image: &mut Cow<'_, Grid<f32>>,
    labels: &mut Cow<'_, Grid<u8>>,
    draw: Draw<'_>,
) {
    for &axis in &rule.axes {
        let stream = match axis {
            Axis::X => "flip-x",
            Axis::Y => "flip-y",
            Axis::Z => "flip-z",
        };
        if draw.stream(stream).chance(rule.p) {
            flip(image.to_mut(), axis);
            flip(labels.to_mut(), axis);
        }
    }
}

/// Mirrors a grid along one axis.
fn flip<T: Copy>(grid: &mut Grid<T>, axis: Axis) {
    let shape = grid.shape();
    let n_lines = shape[axis.index()];
    let length: usize = shape[axis.index() + 1..].iter().product();
    if grid.values().is_empty() {
        return;
    }
    for block in grid.values_mut().chunks_exact_mut(n_lines * length) {
        if length == 1 {
            block.reverse();
            continue;
        }
        let (front, back) = block.split_at_mut(n_lines / 2 * length);
        for (left, right) in front.chunks_exact_mut(length).zip(back.rchunks_exact_mut(length)) {
            left.swap_with_slice(right);
        }
    }
}
