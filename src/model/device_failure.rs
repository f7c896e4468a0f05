//! [`device_error`] and [`classify_panic`]: why a device failed.
//!
//! Devices report failures only as text, and often by a panic. This is the one place that looks
//! for words in that text.
//!
//! Does not know who reads the errors.

use crate::base::{Error, ErrorCode, Fault, crash};

/// Words of cubecl, of CUDA and of Rust's allocator for too little memory.
const OUT_OF_MEMORY: [&str; 8] = [
    "out of memory",
    "out-of-memory",
    "out_of_memory",
    "outofmemory",
    "out of device memory",
    "can't allocate",
    crash::NO_MEMORY,
    "cuda allocation error",
];

/// Words of cubecl and of CUDA after which only a new process can use the device.
const DEVICE_LOST: [&str; 17] = [
    "device lost",
    "device was lost",
    "device was poisoned",
    "cuda_error_illegal_address",
    "cuda_error_illegal_instruction",
    "cuda_error_misaligned_address",
    "cuda_error_invalid_pc",
    "cuda_error_launch_failed",
    "cuda_error_launch_timeout",
    "cuda_error_hardware_stack_error",
    "cuda_error_ecc_uncorrectable",
    "cuda_error_nvlink_uncorrectable",
    "cuda_error_device_unavailable",
    "cuda_error_no_device",
    "cuda_error_system_not_ready",
    "cuda_error_context_is_destroyed",
    "cuda_error_unknown",
];

const MEMORY_HINT: &str = "lower `train.batch` (`train.accumulate` keeps the cases of a step), \
                           `model.widths` or the size of `preprocess.grid`";
const LOST_HINT: &str =
    "look at the driver's messages (`dmesg`, `nvidia-smi`); the same command then continues";

/// The error of a device. What went wrong in a computation shows only when a value is read.
pub fn device_error(error: &(dyn std::error::Error + 'static)) -> Error {
    let fault = Fault::new("the device failed").caused_by(error);
    let code = code_of(fault.causes.iter()).unwrap_or(ErrorCode::Run);
    advise(Error::new(code, fault))
}

/// Gives the panic of a device that ran out of memory or was lost its error code and a hint. Its
/// message and backtrace stay. Other errors stay as they are.
#[must_use]
pub fn classify_panic(error: Error) -> Error {
    let Error { code: ErrorCode::Panic, mut faults } = error else { return error };
    // Names of functions in a backtrace say nothing about what happened.
    let said = faults.iter().flat_map(|fault| {
        fault.details.iter().take_while(|line| *line != crash::BACKTRACE).chain(&fault.causes)
    });
    match code_of(said) {
        Some(code) => {
            for fault in &mut faults {
                // The hint to report a fault of the program.
                fault.hints.clear();
            }
            advise(Error { code, faults })
        }
        None => Error { code: ErrorCode::Panic, faults },
    }
}

fn code_of<'a>(lines: impl Iterator<Item = &'a String>) -> Option<ErrorCode> {
    let said: String = lines.flat_map(|line| [line.to_lowercase(), "\n".into()]).collect();
    let any = |words: &[&str]| words.iter().any(|word| said.contains(word));
    if any(&OUT_OF_MEMORY) {
        Some(ErrorCode::OutOfMemory)
    } else {
        any(&DEVICE_LOST).then_some(ErrorCode::DeviceLost)
    }
}

fn advise(mut error: Error) -> Error {
    let hint = match error.code {
        ErrorCode::OutOfMemory => MEMORY_HINT,
        ErrorCode::DeviceLost => LOST_HINT,
        _ => "with too little device memory, lower `model.widths` or the grid",
    };
    for fault in &mut error.faults {
        fault.hints.push(hint.into());
    }
    error
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io;

    #[test]
    fn a_device_without_memory_and_a_lost_one_are_told_apart() {
        for (said, code) in [
            ("out of device memory allocating 8589934592 bytes", ErrorCode::OutOfMemory),
            ("DriverError(CUDA_ERROR_OUT_OF_MEMORY, \"out of memory\")", ErrorCode::OutOfMemory),
            ("can't allocate buffer of size: 99999999999", ErrorCode::OutOfMemory),
            ("DriverError(CUDA_ERROR_ILLEGAL_ADDRESS, \"..\")", ErrorCode::DeviceLost),
            ("The device was poisoned during launch", ErrorCode::DeviceLost),
            ("A compilation error happened during launch", ErrorCode::Run),
        ] {
            let error = device_error(&io::Error::other(said));
            assert_eq!(error.code, code, "{said}");
            assert_eq!(error.faults[0].hints.len(), 1);
            assert_eq!(error.faults[0].causes, [said]);
        }
    }

    #[test]
    fn a_panic_keeps_what_it_said_and_gets_the_code_of_its_words_alone() {
        let panic = |lines: &[&str]| Error {
            code: ErrorCode::Panic,
            faults: vec![Fault {
                message: "the run panicked".into(),
                details: lines.iter().map(ToString::to_string).collect(),
                hints: vec!["report it".into()],
                ..Fault::default()
            }],
        };
        let spoken = panic(&[
            "called `Result::unwrap()`: OutOfMemory { size: 5 }",
            crash::BACKTRACE,
            "0: a",
        ]);
        let classed = classify_panic(spoken.clone());
        assert_eq!(classed.code, ErrorCode::OutOfMemory);
        assert_eq!(classed.faults[0].details, spoken.faults[0].details);
        assert_eq!(classed.faults[0].hints, [MEMORY_HINT]);
        // A frame's name is no witness.
        let other = panic(&["index out of bounds", crash::BACKTRACE, "3: cuda_error_unknown"]);
        assert_eq!(classify_panic(other.clone()), other);
        let request = Error::request(Fault::new("out of memory"));
        assert_eq!(classify_panic(request.clone()), request);
    }
}
