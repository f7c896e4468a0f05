//! [`n_trainable`]: how many numbers training changes.
//!
//! Does not know what they do.

use burn::{
    module::{Module, ModuleVisitor, Param},
    tensor::Tensor,
};

/// Number of trainable parameters; running statistics are not counted.
pub fn n_trainable<M: Module>(module: &M) -> usize {
    struct Count(usize);
    impl ModuleVisitor for Count {
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            if param.val().is_require_grad() {
                self.0 += param.shape().num_elements();
            }
        }
    }
    let mut count = Count(0);
    module.clone().train().visit(&mut count);
    count.0
}
