//! Values read back from a device: [`scalar`], [`floats`] and [`classes`].
//!
//! Does not know what the values mean.

use super::{check_device_threads, device_error};
use crate::base::Result;
use burn::tensor::{Int, Tensor, TensorData};

/// The one value of a loss or norm, `[1]`.
///
/// # Errors
/// When the device failed; an earlier failure shows here.
pub fn scalar(value: Tensor<1>) -> Result<f64> {
    let data = checked(value.try_into_data())?;
    Ok(data.iter::<f64>().next().unwrap_or(f64::NAN))
}

/// All values, in the order of the tensor's axes.
///
/// # Errors
/// When the device failed; an earlier failure shows here.
pub fn floats<const D: usize>(values: Tensor<D>) -> Result<Vec<f32>> {
    let data = checked(values.try_into_data())?;
    Ok(data.iter::<f32>().collect())
}

/// Class indices as bytes, in the order of the tensor's axes.
///
/// # Errors
/// When the device failed; an earlier failure shows here.
pub fn classes<const D: usize>(indices: Tensor<D, Int>) -> Result<Vec<u8>> {
    let data = checked(indices.try_into_data())?;
    Ok(class_bytes(&data))
}

/// What was read, unless the device failed before. A thread of the device that panicked is told
/// first: what it did not compute reads as whatever its memory held, or as a tensor that is not there.
fn checked<E: std::error::Error + 'static>(
    read: std::result::Result<TensorData, E>,
) -> Result<TensorData> {
    check_device_threads()?;
    read.map_err(|error| device_error(&error))
}

/// Class indices in host memory as bytes, whatever their integer type.
pub fn class_bytes(indices: &TensorData) -> Vec<u8> {
    indices.iter::<i64>().map(|class| u8::try_from(class).unwrap_or(u8::MAX)).collect()
}
