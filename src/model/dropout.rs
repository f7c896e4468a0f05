//! [`ChannelMask`]: dropout of whole channels, which burn has only by element.
//!
//! Does not know about the network around it.

use crate::base::random::Stream;
use burn::tensor::{Tensor, TensorData};

/// What each channel of each case is multiplied with; the default keeps all as they are.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ChannelMask {
    /// `[n x c]`, or empty.
    values: Vec<f32>,
}

impl ChannelMask {
    /// 0 with probability `p`, else `1 / (1 - p)`, as PyTorch's `Dropout3d`.
    ///
    /// The mask is drawn on the host: it is the same on every device and in a resumed step.
    pub fn draw([n, c]: [usize; 2], p: f64, draws: &mut Stream) -> Self {
        if p <= 0.0 {
            return Self::default();
        }
        #[expect(clippy::cast_possible_truncation, reason = "f32 is the network's precision")]
        let kept = (1.0 / (1.0 - p)) as f32;
        let values = (0..n * c).map(|_| if draws.chance(p) { 0.0 } else { kept }).collect();
        Self { values }
    }

    /// The values, `[n x c]`; empty when all is kept.
    pub fn into_values(self) -> Vec<f32> {
        self.values
    }

    /// # Shapes
    /// `[n, c, x, y, z]`, unchanged.
    pub fn multiply(self, x: Tensor<5>) -> Tensor<5> {
        if self.values.is_empty() {
            return x;
        }
        let [n, c, ..] = x.dims();
        let device = x.device();
        x * Tensor::<5>::from_data(TensorData::new(self.values, [n, c, 1, 1, 1]), &device)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::random::Draw;
    use burn::tensor::Device;

    #[test]
    fn drops_whole_channels_and_keeps_the_mean() {
        let device = Device::flex();
        let mut draws = Draw { seed: 3, epoch: 1, case: "" }.stream("dropout");
        let mask = ChannelMask::draw([4, 64], 0.25, &mut draws);
        let dropped = mask.multiply(Tensor::<5>::ones([4, 64, 2, 2, 2], &device));
        let values: Vec<f32> = dropped.into_data().try_to_vec().unwrap();
        let mut n_dropped = 0;
        for channel in values.chunks(8) {
            assert!(channel.iter().all(|value| value.to_bits() == channel[0].to_bits()));
            n_dropped += usize::from(channel[0] == 0.0);
        }
        // 64 of 256 on average, with a standard deviation of 7.
        assert!((40..90).contains(&n_dropped), "{n_dropped} of 256 channels dropped");
        let mean = values.iter().sum::<f32>() / values.len() as f32;
        assert!((mean - 1.0).abs() < 0.15, "mean {mean}");
    }

    #[test]
    fn without_dropout_nothing_is_drawn() {
        let mut draws = Draw { seed: 3, epoch: 1, case: "" }.stream("dropout");
        assert_eq!(ChannelMask::draw([1, 4], 0.0, &mut draws), ChannelMask::default());
        let mut fresh = Draw { seed: 3, epoch: 1, case: "" }.stream("dropout");
        assert_eq!(draws.range(0.0, 1.0).to_bits(), fresh.range(0.0, 1.0).to_bits());
    }
}
