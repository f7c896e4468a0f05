//! [`linear`] and [`nearest`]: a grid brought to another shape over the same extent.
//!
//! Both do what scikit-image's `resize` does to a slice (`order=1, anti_aliasing=True` and
//! `order=0`), along every axis whose length changes; an axis that keeps its length is left
//! alone, so `[size, size, z]` is the notebook's resizing slice by slice.
//!
//! Does not know about spacing, HU or labels.

use crate::data::{
    axis_weights::{AxisWeights, nearest_lines},
    range::range,
    volume::Grid,
};
use rayon::prelude::*;

/// Linear sampling after an anti-aliasing Gaussian along each axis that shrinks.
pub fn linear(input: &Grid<f32>, shape: [usize; 3]) -> Grid<f32> {
    if input.shape() == shape {
        return input.clone();
    }
    let axes = [0, 1, 2].map(|axis| AxisWeights::resize(input.shape()[axis], shape[axis]));
    // No mix of values leaves their range but by rounding; a constant volume must stay constant.
    let [lowest, highest] = range(input.values(), |_| true);
    mixed(input, &axes, |plane| {
        for value in plane {
            *value = if *value < lowest { lowest } else { *value };
            *value = if *value > highest { highest } else { *value };
        }
    })
}

/// The value of the nearest voxel.
pub fn nearest<T: Copy + Default + Send + Sync>(input: &Grid<T>, shape: [usize; 3]) -> Grid<T> {
    let [x_lines, y_lines, z_lines] =
        [0, 1, 2].map(|axis| nearest_lines(input.shape()[axis], shape[axis]));
    let mut output = Grid::filled(shape, T::default());
    let keeps_z = input.shape()[2] == shape[2];
    let slab = (shape[1] * shape[2]).max(1);
    output.values_mut().par_chunks_mut(slab).zip(&x_lines).for_each(|(slab, &x)| {
        for (lane, &y) in slab.chunks_exact_mut(shape[2]).zip(&y_lines) {
            let source = &input.values()[input.index([x, y, 0])..][..input.shape()[2]];
            if keeps_z {
                lane.copy_from_slice(source);
                continue;
            }
            for (value, &z) in lane.iter_mut().zip(&z_lines) {
                *value = source[z];
            }
        }
    });
    output
}

/// Applies one matrix per axis: x by whole planes, y by lanes along z, z within a lane.
///
/// `axes` take as many lines as `input` has.
pub(super) fn mix(input: &Grid<f32>, axes: &[AxisWeights; 3]) -> Grid<f32> {
    mixed(input, axes, |_| ())
}

/// As [`mix`]; `finish` changes the values of each plane while they are at hand.
fn mixed(
    input: &Grid<f32>,
    axes: &[AxisWeights; 3],
    finish: impl Fn(&mut [f32]) + Sync,
) -> Grid<f32> {
    let [_, n_y, n_z] = input.shape();
    let shape = [0, 1, 2].map(|axis: usize| axes[axis].n_out());
    let mut output = Grid::filled(shape, 0.0);
    let [_, keeps_y, keeps_z] = [0, 1, 2].map(|axis: usize| axes[axis].is_identity());
    let scratch = || (vec![0.0; n_y * n_z], vec![0.0; n_z]);
    output
        .values_mut()
        .par_chunks_mut((shape[1] * shape[2]).max(1))
        .zip(axes[0].rows())
        .for_each_init(scratch, |(plane, lane), (output, x_row)| {
            if keeps_y && keeps_z {
                x_row.mix(input.values(), output);
                return finish(output);
            }
            x_row.mix(input.values(), plane);
            for (output, y_row) in output.chunks_exact_mut(shape[2]).zip(axes[1].rows()) {
                if keeps_z {
                    y_row.mix(plane, output);
                    continue;
                }
                y_row.mix(plane, lane);
                for (value, z_row) in output.iter_mut().zip(axes[2].rows()) {
                    *value = z_row.mix_values(lane);
                }
            }
            finish(output);
        });
    output
}

#[cfg(test)]
mod tests {
    #![expect(clippy::float_cmp, reason = "these values are exact")]

    use super::*;

    #[test]
    fn a_constant_stays_exactly_constant() {
        let input = Grid::filled([37, 41, 5], -1024.3_f32);
        assert!(linear(&input, [12, 9, 3]).values().iter().all(|&value| value == -1024.3));
    }

    #[test]
    fn a_ramp_is_sampled_at_half_pixel_centres() {
        let input = Grid::from_fn([64, 3, 2], |[x, _, _]| x as f32);
        let output = linear(&input, [16, 3, 2]);
        // Away from the mirrored ends a symmetric blur leaves a ramp as it is.
        for x in 4..12 {
            let expected = (x as f32 + 0.5) * 4.0 - 0.5;
            assert!((output.at([x, 1, 1]) - expected).abs() < 1e-4);
        }
    }

    #[test]
    fn axes_are_resized_independently() {
        let input = Grid::from_fn([6, 8, 10], |[x, y, z]| (x * 31 + y * 7 + z * z) as f32);
        let at_once = linear(&input, [3, 5, 4]);
        let by_axis = linear(&linear(&linear(&input, [6, 8, 4]), [6, 5, 4]), [3, 5, 4]);
        for (left, right) in at_once.values().iter().zip(by_axis.values()) {
            // Values reach 300 and are rounded to f32 a few times.
            assert!((left - right).abs() < 1e-3, "{left} {right}");
        }
    }

    #[test]
    fn nearest_there_and_back_keeps_blocks() {
        let input = Grid::from_fn([4, 4, 3], |[x, y, z]| u8::from((x + y + z) % 2 == 0));
        let enlarged = nearest(&input, [16, 12, 3]);
        assert_eq!(enlarged.at([7, 3, 2]), input.at([1, 1, 2]));
        assert_eq!(nearest(&enlarged, [4, 4, 3]), input);
    }

    #[test]
    fn one_slice_is_enough() {
        let input = Grid::from_fn([1, 5, 1], |[_, y, _]| y as f32);
        assert_eq!(linear(&input, [2, 5, 1]).at([1, 4, 0]), 4.0);
        assert_eq!(nearest(&input, [2, 5, 1]).at([1, 4, 0]), 4.0);
    }
}
