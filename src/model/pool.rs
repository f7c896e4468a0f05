//! [`max_pool`]: 2x2x2 max pooling of volumes, which burn has only in two dimensions.
//!
//! Does not know about the network around it.

use super::{
    dropout::ChannelMask,
    kernel::{Inputs, MaxPool, apply},
    volumes::on_cpu,
};
use burn::tensor::{Tensor, module::max_pool2d, ops::MaxPoolOptions};

/// Largest of each 2x2x2 block, times the mask; an odd last voxel is left out, as PyTorch's
/// `MaxPool3d(2)`.
///
/// # Shapes
/// Inside of a network, as [`super::volumes`] says; each axis of at least 2 voxels is halved.
pub fn max_pool(x: Tensor<5>, mask: ChannelMask) -> Tensor<5> {
    if on_cpu(&x) {
        apply(Inputs::One(x.into_dispatch()), MaxPool { window: [2; 3], mask: mask.into_values() })
    } else {
        mask.multiply(planar_max_pools(x))
    }
}

/// Max pooling is separable, so two planar poolings give the exact result and gradient. The
/// slower axis is folded into the batch, which keeps the memory order.
///
/// # Shapes
/// `[n, c, x, y, z]` to `[n, c, x / 2, y / 2, z / 2]`; each of x, y, z at least 2.
fn planar_max_pools(x: Tensor<5>) -> Tensor<5> {
    let [n, c, nx, ny, nz] = x.dims();
    let planes = x.permute([0, 2, 1, 3, 4]).reshape([n * nx, c, ny, nz]);
    let planes = max_pool2d(planes, MaxPoolOptions::new([2, 2])); // [n*nx, c, ny/2, nz/2]
    let columns = planes.reshape([n, nx, c, (ny / 2) * (nz / 2)]).permute([0, 2, 1, 3]);
    let pooled = max_pool2d(columns, MaxPoolOptions::new([2, 1]));
    pooled.reshape([n, c, nx / 2, ny / 2, nz / 2])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::volumes::{enter, leave};
    use burn::tensor::{Device, TensorData};

    fn ramp(shape: [usize; 5]) -> Vec<f32> {
        // Distinct values in no order an axis could follow.
        let n: usize = shape.iter().product();
        (0..n).map(|i| ((i * 7919) % n) as f32).collect()
    }

    #[test]
    fn takes_the_largest_of_each_block_and_sends_the_gradient_there() {
        check(planar_max_pools);
        check(|x| leave(max_pool(enter(x), ChannelMask::default())));
    }

    fn check(pool: impl Fn(Tensor<5>) -> Tensor<5>) {
        let (shape, device) = ([2, 3, 5, 4, 7], Device::flex().autodiff());
        let values = ramp(shape);
        let x =
            Tensor::<5>::from_data(TensorData::new(values.clone(), shape), &device).require_grad();
        let pooled = pool(x.clone());
        assert_eq!(pooled.dims(), [2, 3, 2, 2, 3]);
        let weights: Vec<f32> = (0..72).map(|i| 1.0 + i as f32).collect();
        let upstream = Tensor::<5>::from_data(TensorData::new(weights, [2, 3, 2, 2, 3]), &device);
        let gradients = (pooled.clone() * upstream).sum().backward();
        let gradient: Vec<f32> = x.grad(&gradients).unwrap().into_data().try_to_vec().unwrap();
        let pooled: Vec<f32> = pooled.into_data().try_to_vec().unwrap();

        let at = |nc: usize, x: usize, y: usize, z: usize| ((nc * 5 + x) * 4 + y) * 7 + z;
        let mut expected = vec![0.0; values.len()];
        let mut out = 0;
        for nc in 0..6 {
            for (x, y, z) in (0..12).map(|i| (i / 6, i / 3 % 2, i % 3)) {
                let best = (0..8)
                    .map(|k| at(nc, 2 * x + k / 4, 2 * y + k / 2 % 2, 2 * z + k % 2))
                    .max_by(|&a, &b| values[a].total_cmp(&values[b]))
                    .unwrap();
                assert!((pooled[out] - values[best]).abs() < 1e-6);
                expected[best] = 1.0 + out as f32;
                out += 1;
            }
        }
        assert_eq!(gradient, expected);
    }
}
