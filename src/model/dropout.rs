//! [`drop_channels`]: dropout of whole channels, which burn has only by element.
//!
//! Does not know about the network around it.

use crate::base::random::Stream;
use burn::tensor::{Tensor, TensorData};

/// Sets each channel of each case to 0 with probability `p` and scales the others by
/// `1 / (1 - p)`, as PyTorch's `Dropout3d`.
///
/// The mask is drawn on the host: it is the same on every device and in a resumed step.
///
/// # Shapes
/// `[n, c, x, y, z]`, unchanged.
pub fn drop_channels(x: Tensor<5>, p: f64, draws: &mut Stream) -> Tensor<5> {
    if p <= 0.0 {
        return x;
    }
    let [n, c, ..] = x.dims();
    #[expect(clippy::cast_possible_truncation, reason = "f32 is the network's precision")]
    let kept = (1.0 / (1.0 - p)) as f32;
    let mask: Vec<f32> = (0..n * c).map(|_| if draws.chance(p) { 0.0 } else { kept }).collect();
    let mask = Tensor::<5>::from_data(TensorData::new(mask, [n, c, 1, 1, 1]), &x.device());
    x * mask
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::random::Draw;
    use burn::tensor::Device;

    #[test]
    fn drops_whole_channels_and_keeps_the_mean() {
        let device = Device::flex().autodiff();
        let mut draws = Draw { seed: 3, epoch: 1, case: "" }.stream("dropout");
        let x = Tensor::<5>::ones([4, 64, 2, 2, 2], &device).require_grad();
        let dropped = drop_channels(x.clone(), 0.25, &mut draws);
        let gradients = dropped.clone().sum().backward();
        let values: Vec<f32> = dropped.into_data().try_to_vec().unwrap();
        let gradient: Vec<f32> = x.grad(&gradients).unwrap().into_data().try_to_vec().unwrap();
        assert_eq!(values, gradient, "the gradient is the mask itself");
        let mut n_dropped = 0;
        for channel in values.chunks(8) {
            assert!(channel.iter().all(|value| value.to_bits() == channel[0].to_bits()));
            assert!(channel[0].abs() < 1e-9 || (channel[0] - 4.0 / 3.0).abs() < 1e-6);
            n_dropped += usize::from(channel[0].abs() < 1e-9);
        }
        // 256 draws at 0.25: 64 expected, standard deviation 7; five of them either way.
        assert!((29..=99).contains(&n_dropped), "{n_dropped} of 256 channels dropped");
    }
}
