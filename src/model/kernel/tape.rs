//! [`VolumeOps`]: [`Operation`]s on burn's CPU back end, with and without its tape.
//!
//! Does not know what an operation computes.

use super::operation::{Block, Operation, View};
use burn::{
    backend::{
        Autodiff, Backend, Dispatch, ExtensionType, Flex, TensorMetadata,
        autodiff::{
            NodeId,
            checkpoint::{base::Checkpointer, strategy::CheckpointStrategy},
            grads::Gradients,
            ops::{Backward, Ops, OpsKind},
        },
        backend_extension,
        tensor::FloatTensor,
    },
    tensor::{AllocationProperty, Bytes, DType, Tensor, TensorData},
};
use std::{array, sync::Arc};

/// The tensors that an operation reads.
#[derive(Debug, ExtensionType)]
pub enum Inputs<B: Backend> {
    /// One.
    One(FloatTensor<B>),
    /// Two, in the operation's order.
    Two(FloatTensor<B>, FloatTensor<B>),
    /// Three.
    Three(FloatTensor<B>, FloatTensor<B>, FloatTensor<B>),
    /// Four.
    Four(FloatTensor<B>, FloatTensor<B>, FloatTensor<B>, FloatTensor<B>),
    /// Five.
    Five(FloatTensor<B>, FloatTensor<B>, FloatTensor<B>, FloatTensor<B>, FloatTensor<B>),
    /// Six.
    Six(
        FloatTensor<B>,
        FloatTensor<B>,
        FloatTensor<B>,
        FloatTensor<B>,
        FloatTensor<B>,
        FloatTensor<B>,
    ),
}

/// Runs operations on tensors.
#[backend_extension(Autodiff, Flex)]
pub trait VolumeOps: Backend {
    /// The output of an operation.
    fn apply(
        #[extension_type] inputs: Inputs<Self>,
        operation: Arc<dyn Operation>,
    ) -> FloatTensor<Self>;
}

impl VolumeOps for Flex {
    fn apply(inputs: Inputs<Self>, operation: Arc<dyn Operation>) -> FloatTensor<Self> {
        match inputs {
            Inputs::One(a) => run(&*operation, &[a]),
            Inputs::Two(a, b) => run(&*operation, &[a, b]),
            Inputs::Three(a, b, c) => run(&*operation, &[a, b, c]),
            Inputs::Four(a, b, c, d) => run(&*operation, &[a, b, c, d]),
            Inputs::Five(a, b, c, d, e) => run(&*operation, &[a, b, c, d, e]),
            Inputs::Six(a, b, c, d, e, f) => run(&*operation, &[a, b, c, d, e, f]),
        }
    }
}

impl<C: CheckpointStrategy> VolumeOps for Autodiff<Flex, C> {
    fn apply(inputs: Inputs<Self>, operation: Arc<dyn Operation>) -> FloatTensor<Self> {
        match inputs {
            Inputs::One(a) => record::<C, 1>([a], operation),
            Inputs::Two(a, b) => record::<C, 2>([a, b], operation),
            Inputs::Three(a, b, c) => record::<C, 3>([a, b, c], operation),
            Inputs::Four(a, b, c, d) => record::<C, 4>([a, b, c, d], operation),
            Inputs::Five(a, b, c, d, e) => record::<C, 5>([a, b, c, d, e], operation),
            Inputs::Six(a, b, c, d, e, f) => record::<C, 6>([a, b, c, d, e, f], operation),
        }
    }
}

type Plain = FloatTensor<Flex>;

#[expect(
    clippy::redundant_closure_for_method_calls,
    reason = "the tensor's type has no public name"
)]
fn record<C: CheckpointStrategy, const N: usize>(
    inputs: [FloatTensor<Autodiff<Flex, C>>; N],
    operation: Arc<dyn Operation>,
) -> FloatTensor<Autodiff<Flex, C>> {
    let nodes = inputs.each_ref().map(|input| input.node());
    match Recorded.prepare::<C>(nodes).compute_bound().stateful() {
        OpsKind::Tracked(mut prep) => {
            let kept = array::from_fn(|index| {
                if operation.reads(index) {
                    Kept::Values(prep.checkpoint(&inputs[index]))
                } else {
                    Kept::Shape(inputs[index].shape().to_vec())
                }
            });
            let output = run(&*operation, &inputs.map(|input| input.into_primitive()));
            prep.finish((kept, operation), output)
        }
        OpsKind::UnTracked(prep) => {
            prep.finish(run(&*operation, &inputs.map(|input| input.into_primitive())))
        }
    }
}

/// What the way back needs of an input.
#[derive(Debug, Clone)]
enum Kept {
    Values(NodeId),
    Shape(Vec<usize>),
}

/// A step of the tape.
#[derive(Debug)]
struct Recorded;

impl<const N: usize> Backward<Flex, N> for Recorded {
    type State = ([Kept; N], Arc<dyn Operation>);

    fn backward(
        self,
        ops: Ops<Self::State, N>,
        gradients: &mut Gradients,
        checkpointer: &mut Checkpointer,
    ) {
        let gradient = gradients.consume::<Flex>(&ops.node).to_contiguous();
        let (kept, operation) = ops.state;
        let inputs = kept.map(|kept| match kept {
            Kept::Values(node) => {
                let tensor = checkpointer.retrieve_node_output::<Plain>(node).to_contiguous();
                (tensor.shape().to_vec(), Some(tensor))
            }
            Kept::Shape(shape) => (shape, None),
        });
        let views = inputs.each_ref().map(|(shape, tensor)| View {
            values: tensor.as_ref().map_or(&[][..], values_of),
            shape,
        });
        let shape = gradient.shape().to_vec();
        let wanted = ops.parents.each_ref().map(Option::is_some);
        let view = View { values: values_of(&gradient), shape: &shape };
        let found = operation.backward(&views, view, &wanted);
        for ((parent, found), view) in ops.parents.into_iter().zip(found).zip(&views) {
            if let (Some(parent), Some(values)) = (parent, found) {
                let block = Block { values, shape: view.shape.to_vec() };
                gradients.register::<Flex>(parent.id, tensor_of(block));
            }
        }
    }
}

fn run(operation: &dyn Operation, inputs: &[Plain]) -> Plain {
    let inputs: Vec<(Plain, Vec<usize>)> =
        inputs.iter().map(|input| (input.to_contiguous(), input.shape().to_vec())).collect();
    let views: Vec<View<'_>> =
        inputs.iter().map(|(tensor, shape)| View { values: values_of(tensor), shape }).collect();
    tensor_of(operation.forward(&views))
}

/// Values of a contiguous tensor.
fn values_of(tensor: &Plain) -> &[f32] {
    match tensor.as_slice() {
        Some(values) => values,
        None => unreachable!("the CPU computes in f32, and the tensor was made contiguous"),
    }
}

fn tensor_of(block: Block) -> Plain {
    let bytes = bytes::Bytes::from_owner(block.values);
    let bytes = Bytes::from_shared(bytes, AllocationProperty::Native);
    Plain::from_data(TensorData::from_bytes(bytes, block.shape, DType::F32))
}

/// Runs an operation on tensors of the CPU; on another device it panics.
pub fn apply<const D: usize>(
    inputs: Inputs<Dispatch>,
    operation: impl Operation + 'static,
) -> Tensor<D> {
    Tensor::from_dispatch(Dispatch::apply(inputs, Arc::new(operation)))
}
