//! [`Predictor`]: a stored volume in, a [`Prediction`] on its grid out.
//!
//! Does not know about references or scores.

use crate::{
    base::Result,
    data::{
        prepare::{ToNative, prepare_image, to_native},
        volume::{Grid, Volume},
    },
    model::{
        Network,
        read_back::{classes, floats},
    },
    spec::Preprocess,
};
use burn::tensor::{Tensor, TensorData, activation::softmax};

/// A trained network and the preparation that its input needs.
#[derive(Debug)]
pub struct Predictor {
    net: Network,
    preprocess: Preprocess,
}

impl Predictor {
    /// `net` is in evaluation mode and was trained with `preprocess`.
    pub fn new(net: Network, preprocess: Preprocess) -> Self {
        Self { net, preprocess }
    }

    /// The network, in evaluation mode.
    pub fn network(&self) -> &Network {
        &self.net
    }

    /// Predicts every voxel of a volume, which errors call `case`.
    ///
    /// # Shapes
    /// The volume has any shape `[x, y, z]`; the prediction lies on the same grid.
    ///
    /// # Units
    /// The volume's voxels are in HU.
    ///
    /// # Errors
    /// When the volume has no contrast to normalise, or the device fails.
    pub fn predict(&self, case: &str, volume: &Volume) -> Result<Prediction> {
        let image = prepare_image(volume, &self.preprocess).map_err(|error| error.of_case(case))?;
        let (training_shape, stored_shape) = (image.shape(), volume.voxels.shape());
        let logits = self.logits(image);
        let most_probable = classes(logits.clone().argmax(1))?;
        let probabilities = floats(softmax(logits, 1))?;
        // The network keeps the size of its input, so the values always fit.
        let most_probable = Grid::from_vec(training_shape, most_probable)
            .unwrap_or_else(|| Grid::filled(training_shape, 0));
        Ok(Prediction {
            classes: to_native(&most_probable, stored_shape),
            training_shape,
            probabilities,
            to_stored: ToNative::new(training_shape, stored_shape),
        })
    }

    /// Logits on the training grid, `[1, class, x, y, z]`: the whole volume goes through the
    /// network at once.
    fn logits(&self, image: Grid<f32>) -> Tensor<5> {
        let [x, y, z] = image.shape();
        let image = TensorData::new(image.into_values(), [1, 1, x, y, z]);
        self.net.forward(Tensor::from_data(image, &self.net.device()), None).main
    }
}

/// Classes and probabilities of a volume, on its stored grid.
#[derive(Debug, Clone)]
pub struct Prediction {
    /// Most probable class of each voxel, `[x, y, z]`.
    pub classes: Grid<u8>,
    /// Shape of the training grid, on which the network computed.
    pub training_shape: [usize; 3],
    /// On the training grid, `[class, x, y, z]`: the stored grid often has many more voxels.
    probabilities: Vec<f32>,
    to_stored: ToNative,
}

impl Prediction {
    /// Probability, 0 to 1, of a class at a voxel: an index of [`Grid::values`] of `classes`.
    pub fn probability(&self, class: usize, voxel: usize) -> f32 {
        let n_voxels = self.training_shape.iter().product::<usize>();
        self.probabilities[class * n_voxels + self.to_stored.source(voxel)]
    }
}
