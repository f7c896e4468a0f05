//! [`device_error`], [`classify_panic`] and [`check_device_threads`]: why a device failed.
//!
//! Devices report failures only as text, and often by a panic. This file and `device_setup.rs` are
//! the only places that look for words in that text.
//!
//! Does not know who reads the errors.

use super::device_setup::{SetupFault, spoken, telling};
use crate::base::{
    Error, ErrorCode, Fault, Result,
    crash::{self, ThreadPanic},
};

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

/// How cubecl names the threads that work for a device: `DSD-0-0` launches kernels, `DSU-0-0` fuses
/// operations before that. The numbers are those of runtime and device.
const DEVICE_THREADS: [&str; 2] = ["DSD-", "DSU-"];

/// Frames of a backtrace below which cubecl hands a panic on: a candidate of autotuning is then out,
/// a kernel that cannot be expanded is an error for whoever reads its result, and a task that its
/// caller waits for fails at the caller. From anywhere else a panic only reaches a log that nobody
/// reads, and the memory keeps whatever was in it.
const HANDED_ON: [&str; 4] =
    ["cubecl_runtime::tune", "define_kernel", "CubeKernel>::define", "::run_scoped"];

/// The error of a device. What went wrong in a computation shows only when a value is read.
pub fn device_error(error: &(dyn std::error::Error + 'static)) -> Error {
    let mut fault = Fault::new("the device failed").caused_by(error);
    let causes = std::mem::take(&mut fault.causes);
    let class = Class::of(&causes.join("\n"));
    fault.causes = causes.iter().map(|cause| telling(cause).join("\n")).collect();
    class.advise(vec![fault])
}

/// Gives the panic of a device that ran out of memory, was lost or is not set up its error code and
/// a hint. Its message stays, and its backtrace too unless the machine is at fault. Other errors stay
/// as they are.
#[must_use]
pub fn classify_panic(error: Error) -> Error {
    match classed(error) {
        // What panicked here may only have waited for a thread of the device that panicked before.
        Error { code: ErrorCode::Panic, faults } => match check_device_threads() {
            Ok(()) => Error { code: ErrorCode::Panic, faults },
            Err(mut cause) => {
                let waiting = faults.into_iter().flat_map(|fault| {
                    let said =
                        fault.details.into_iter().take_while(|line| line != crash::BACKTRACE);
                    [format!("then {}:", fault.message)].into_iter().chain(said)
                });
                if let Some(fault) = cause.faults.first_mut() {
                    fault.details.extend(waiting);
                }
                cause
            }
        },
        other => other,
    }
}

fn classed(error: Error) -> Error {
    let Error { code: ErrorCode::Panic, mut faults } = error else { return error };
    // Names of functions in a backtrace say nothing about what happened.
    let said = faults.iter().flat_map(|fault| {
        fault.details.iter().take_while(|line| *line != crash::BACKTRACE).chain(&fault.causes)
    });
    let class = Class::of(&said.map(String::as_str).collect::<Vec<_>>().join("\n"));
    if class == Class::Other {
        return Error { code: ErrorCode::Panic, faults };
    }
    for fault in &mut faults {
        // The hint to report a fault of the program.
        fault.hints.clear();
        if matches!(class, Class::Setup(_)) {
            let said = fault.details.iter().take_while(|line| *line != crash::BACKTRACE);
            fault.details = telling(&said.cloned().collect::<Vec<_>>().join("\n"));
        }
    }
    class.advise(faults)
}

/// Looks whether a thread that works for a device has panicked, so that what it should have computed
/// was not. Costs nothing while none has; from then on it fails each time.
///
/// # Errors
/// The panic with its cause.
pub fn check_device_threads() -> Result<()> {
    check_threads(|name| DEVICE_THREADS.iter().any(|begin| name.starts_with(begin)))
}

fn check_threads(is_of_device: impl Fn(&str) -> bool) -> Result<()> {
    match crash::noted(is_of_device).into_iter().find(|panic| !is_handed_on(panic)) {
        None => Ok(()),
        Some(ThreadPanic { thread, panic }) => {
            let title = format!("the device failed: its thread `{thread}` panicked");
            Err(classed(panic.into_error(title)))
        }
    }
}

fn is_handed_on(panic: &ThreadPanic) -> bool {
    let frames = &panic.panic.backtrace;
    let is_below = HANDED_ON.iter().any(|part| frames.iter().any(|frame| frame.contains(part)));
    // Without a driver or compiler no candidate can do better.
    is_below && !matches!(Class::of(&panic.panic.message), Class::Setup(_))
}

/// Why a device failed, as far as its words tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Class {
    OutOfMemory,
    Setup(SetupFault),
    Lost,
    Other,
}

impl Class {
    fn of(text: &str) -> Self {
        let said = spoken(text).join("\n").to_lowercase();
        let any = |words: &[&str]| words.iter().any(|word| said.contains(word));
        if any(&OUT_OF_MEMORY) {
            Self::OutOfMemory
        } else if let Some(fault) = SetupFault::of(&said) {
            Self::Setup(fault)
        } else if any(&DEVICE_LOST) {
            Self::Lost
        } else {
            Self::Other
        }
    }

    /// The faults as an error of this class, each with what to do.
    fn advise(self, mut faults: Vec<Fault>) -> Error {
        let (code, hint) = match self {
            Self::OutOfMemory => (ErrorCode::OutOfMemory, MEMORY_HINT),
            Self::Setup(fault) => (ErrorCode::DeviceSetup, fault.hint()),
            Self::Lost => (ErrorCode::DeviceLost, LOST_HINT),
            Self::Other => {
                (ErrorCode::Run, "with too little device memory, lower `model.widths` or the grid")
            }
        };
        for fault in &mut faults {
            fault.hints.push(hint.into());
        }
        Error { code, faults }
    }
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
            (
                "Unable to load the PTX: DriverError(CUDA_ERROR_UNSUPPORTED_PTX_VERSION, \"..\")",
                ErrorCode::DeviceSetup,
            ),
            ("Too many resources were requested during launch", ErrorCode::Run),
        ] {
            let error = device_error(&io::Error::other(said));
            assert_eq!(error.code, code, "{said}");
            assert_eq!(error.faults[0].hints.len(), 1);
            assert_eq!(error.faults[0].causes, [said]);
        }
    }

    #[test]
    fn what_a_compiler_says_fits_a_screen_and_the_hint_says_what_to_install() {
        let source = "float x = 0;\n".repeat(160);
        let said = format!(
            "A compilation error happened during launch\nCaused by:\n  [Compilation Error] \n    \
             nvrtc: error: failed to open libnvrtc-builtins.so.13.0.\n[Source]  \n{source}"
        );
        let error = device_error(&io::Error::other(said));
        assert_eq!(error.code, ErrorCode::DeviceSetup);
        let text = error.to_string();
        assert!(text.lines().count() < 15, "{text}");
        assert!(text.contains("failed to open libnvrtc-builtins.so.13.0"), "{text}");
        assert!(text.contains("hint: install `libnvrtc-builtins`"), "{text}");
        assert!(!text.contains("memory"), "{text}");
    }

    #[test]
    fn a_device_thread_that_panicked_fails_the_next_read() {
        use std::{panic, thread};

        crash::keep_quiet();
        // The real names belong to the devices of other tests.
        let check = |begin: &str| check_threads(|name| name.starts_with(begin));
        let hurt = |name: &str, words: &'static str| {
            // cubecl catches the panic of a task and goes on.
            let work = move || drop(panic::catch_unwind(|| panic!("{words}")));
            thread::Builder::new().name(name.into()).spawn(work).unwrap().join().unwrap();
        };
        check("made-up-a-").unwrap();
        hurt("made-up-a-0-0", "Unable to dynamically load the \"nvrtc\" shared library");
        let error = check("made-up-a-").unwrap_err();
        assert_eq!(error.code, ErrorCode::DeviceSetup);
        let text = error.to_string();
        assert!(text.contains("`made-up-a-0-0` panicked"), "{text}");
        assert!(text.contains("load the \"nvrtc\" shared library"), "{text}");
        assert!(!text.contains(crash::BACKTRACE) && text.contains("pip install"), "{text}");
        hurt("made-up-b-0-0", "index out of bounds");
        assert_eq!(check("made-up-b-").unwrap_err().code, ErrorCode::Panic);
        check("made-up-c-").unwrap();
    }

    #[test]
    fn a_panic_that_cubecl_hands_on_is_left_to_whoever_gets_it() {
        let panic = |message: &str, frame: &str| ThreadPanic {
            thread: "DSD-0-0".into(),
            panic: crash::Panic { message: message.into(), backtrace: vec![frame.into()] },
        };
        let tuning = "  12: cubecl_runtime::tune::schedule::run";
        assert!(is_handed_on(&panic("no such tile", tuning)));
        assert!(!is_handed_on(&panic("no such tile", "  12: cubecl_runtime::client::launch")));
        let missing = "Unable to dynamically load the \"nvrtc\" shared library";
        assert!(!is_handed_on(&panic(missing, tuning)), "no candidate can do without a compiler");
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
