//! Reading the reference values under `tests/golden`.

use serde_json::Value;
use std::path::PathBuf;

/// Path of a golden file.
pub(crate) fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name)
}

/// A golden JSON file.
pub(crate) fn json(name: &str) -> Value {
    serde_json::from_slice(&std::fs::read(path(name)).unwrap()).unwrap()
}

/// Numbers of a JSON array, nested ones in order.
pub(crate) fn numbers(value: &Value) -> Vec<f64> {
    match value {
        Value::Array(values) => values.iter().flat_map(numbers).collect(),
        other => vec![other.as_f64().unwrap()],
    }
}

/// f32 values of a tensor in a safetensors file; u8 tensors are widened.
pub(crate) fn tensor(file: &str, name: &str) -> (Vec<f32>, Vec<usize>) {
    let bytes = std::fs::read(path(file)).unwrap();
    let tensors = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    let view = tensors.tensor(name).unwrap();
    let values = match view.dtype() {
        safetensors::Dtype::U8 => view.data().iter().map(|&v| f32::from(v)).collect(),
        _ => view.data().chunks(4).map(|b| f32::from_le_bytes(b.try_into().unwrap())).collect(),
    };
    (values, view.shape().to_vec())
}

/// Fails when two numbers differ by more than `tolerance` relative to the larger of `expected`
/// and 1e-12.
#[track_caller]
pub(crate) fn close(found: f64, expected: f64, tolerance: f64, what: &str) {
    let scale = expected.abs().max(1e-12);
    assert!((found - expected).abs() <= tolerance * scale, "{what}: {found} is not {expected}");
}

/// Fails when two numbers differ by 1e-9 or more, or one of them is undefined and the other not.
#[track_caller]
pub(crate) fn same(found: Option<f64>, expected: &Value, what: &str) {
    match (found, expected.as_f64()) {
        (Some(found), Some(expected)) => {
            assert!((found - expected).abs() < 1e-9, "{what}: {found} is not {expected}");
        }
        (found, expected) => assert_eq!(found, expected, "{what}"),
    }
}
