//! What tests share: a folder to work in, made-up runs, reference values.

pub(crate) mod golden;
pub(crate) mod lab;
pub(crate) mod made_up;
pub(crate) mod made_up_sweep;
