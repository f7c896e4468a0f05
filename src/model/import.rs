//! [`load_pytorch`]: weights of the notebook's PyTorch network from a safetensors file.
//!
//! Does not know about training.

use super::Network;
use crate::base::{Fault, Result};
use burn_store::{ModuleSnapshot, PyTorchToBurnAdapter, SafetensorsStore};
use std::path::Path;

const MOST_LEVELS: usize = 8;

/// Loads the tensors whose names begin with `prefix` (say `init.`) into the network.
///
/// Names and layouts are those of the notebook's `state_dict`; its unused deepest encoder
/// block is skipped.
///
/// # Errors
/// When the file cannot be read, or a parameter of the network is missing or of another shape.
pub fn load_pytorch(net: Network, path: &Path, prefix: &str) -> Result<Network> {
    let mut net = net;
    let mut store = SafetensorsStore::from_file(path)
        .with_from_adapter(PyTorchToBurnAdapter)
        .allow_partial(true);
    for (from, to) in renamings(prefix) {
        store = store.with_key_remapping(&from, to);
    }
    let fault = || Fault::new(format!("cannot load weights from `{}`", path.display()));
    let result = net.load_from(&mut store).map_err(|error| fault().caused_by(&error))?;
    if result.missing.is_empty() && result.errors.is_empty() {
        return Ok(net);
    }
    let mut fault = fault();
    for (name, _) in &result.missing {
        fault = fault.detail(format!("missing   `{name}`"));
    }
    for error in &result.errors {
        fault = fault.detail(format!("invalid   {error}"));
    }
    Err(fault.hint("the network needs the widths and parts that the weights were made with").into())
}

/// Regular expressions and replacements from PyTorch's names to ours, applied in order.
fn renamings(prefix: &str) -> Vec<(String, String)> {
    let mut pairs: Vec<(String, String)> = Vec::new();
    let mut rename = |from: String, to: &str| pairs.push((from, to.to_owned()));
    rename(format!("^{}", prefix.replace('.', r"\.")), "");
    for level in 0..MOST_LEVELS {
        rename(format!(r"^decoder\.{}\.0\.", 2 * level), &format!("decoder_{level}.up."));
        rename(format!(r"^decoder\.{}\.1\.", 2 * level), &format!("decoder_{level}.up_norm."));
        rename(format!(r"^decoder\.{}\.", 2 * level + 1), &format!("decoder_{level}.block."));
        rename(format!(r"^deep_supervision\.{level}\."), &format!("decoder_{level}.head."));
    }
    rename(r"^decoder_".into(), "decoder.");
    rename(r"^final_conv\.".into(), "head.");
    rename(r"\.double_conv\.0\.".into(), ".first.");
    rename(r"\.double_conv\.1\.".into(), ".first_norm.");
    rename(r"\.double_conv\.3\.".into(), ".second.");
    rename(r"\.double_conv\.4\.".into(), ".second_norm.");
    rename(r"\.se\.fc\.0\.".into(), ".gate.squeeze.");
    rename(r"\.se\.fc\.2\.".into(), ".gate.excite.");
    rename(r"\.residual\.0\.".into(), ".projection.");
    rename(r"\.residual\.1\.".into(), ".projection_norm.");
    rename(r"_norm\.weight$".into(), "_norm.gamma");
    rename(r"_norm\.bias$".into(), "_norm.beta");
    pairs
}
