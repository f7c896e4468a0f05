//! [`Segmenter`]: the network with its objective, as burn-train's learner sees it.
//!
//! Does not know about files, schedules or who listens.

use crate::{
    base::random::Draw,
    data::batch::CaseBatch,
    model::{Network, Objective, Reference},
};
use burn::{
    module::Module,
    tensor::{Device, ExecutionError, Int, Tensor},
    train::{InferenceStep, ItemLazy, TrainOutput, TrainStep},
};

/// A network and what it minimises.
#[derive(Module, Debug)]
pub struct Segmenter {
    /// The network.
    pub net: Network,
    #[module(skip)]
    objective: Objective,
}

impl Segmenter {
    /// Joins a network and an objective.
    pub fn new(net: Network, objective: Objective) -> Self {
        Self { net, objective }
    }

    /// Logits of the main head for images `[n, 1, x, y, z]`.
    pub fn logits(&self, image: Tensor<5>) -> Tensor<5> {
        self.net.forward(image, None).main
    }

    /// Device of the weights: with autodiff in training, plain in evaluation.
    fn device(&self) -> Device {
        self.net.device()
    }
}

/// Loss of one training batch, on the device: its part of the loss of the step.
#[derive(Debug, Clone)]
pub struct TrainedBatch {
    /// `[1]`.
    pub loss: Tensor<1>,
}

/// Loss and prediction of one validation batch, on the device.
#[derive(Debug, Clone)]
pub struct ScoredBatch {
    /// `[1]`.
    pub loss: Tensor<1>,
    /// Most probable class, `[n, x, y, z]`.
    pub prediction: Tensor<4, Int>,
}

impl ItemLazy for TrainedBatch {
    fn sync(self) -> Result<Self, ExecutionError> {
        Ok(Self { loss: self.loss.without_autodiff() })
    }
}

impl ItemLazy for ScoredBatch {
    fn sync(self) -> Result<Self, ExecutionError> {
        Ok(self)
    }
}

impl TrainStep for Segmenter {
    type Input = CaseBatch;
    type Output = TrainedBatch;

    fn step(&self, batch: CaseBatch) -> TrainOutput<TrainedBatch> {
        let device = self.device();
        // Dropout's masks are a function of the step alone, so they survive a resume.
        let mut dropout = Draw { seed: batch.step_seed, epoch: 0, case: "" }.stream("dropout");
        let image = Tensor::from_data(batch.image, &device);
        let heads = self.net.forward(image, Some(&mut dropout));
        let reference = Reference::new(batch.labels, batch.class_counts, &device);
        let loss = self.objective.total(&heads, &reference);
        let gradients = loss.backward();
        TrainOutput::new(self, gradients, TrainedBatch { loss: loss.without_autodiff() })
    }
}

impl InferenceStep for Segmenter {
    type Input = CaseBatch;
    type Output = ScoredBatch;

    fn step(&self, batch: CaseBatch) -> ScoredBatch {
        let device = self.device();
        let logits = self.logits(Tensor::from_data(batch.image, &device));
        let reference = Reference::new(batch.labels, batch.class_counts, &device);
        let loss = self.objective.of_head(&logits, &reference);
        ScoredBatch { loss, prediction: logits.argmax(1).squeeze_dim::<4>(1) }
    }
}
