//! [`SetupFault`]: what is wrong with a GPU's driver or its compiler of kernels, told from words,
//! and [`telling`]: the lines of a long log that say why.
//!
//! Does not know who reported the words.

/// Something on the machine has to be installed or chosen before its GPU can compute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SetupFault {
    /// NVRTC's own library of built-in functions is missing or is that of another version.
    Builtins,
    /// The compiler of kernels is missing.
    Nvrtc,
    /// The headers that kernels include are missing.
    Headers,
    /// The driver is older than what the compiler or this program asks of it.
    OldDriver,
    /// The driver's library is missing, or is not the one of the kernel module.
    Driver,
    /// The compiler refuses a kernel.
    Refused,
}

/// The more telling words come first: a compiler without its built-ins refuses kernels too.
const WORDS: [(SetupFault, &[&str]); 6] = [
    (SetupFault::Builtins, &["libnvrtc-builtins", "nvrtc_error_builtin_operation_failure"]),
    (SetupFault::Nvrtc, &["unable to dynamically load the \"nvrtc\"", "missing symbol nvrtc"]),
    (
        SetupFault::Headers,
        &[
            "cuda installation not found",
            "could not open source file",
            "cannot open source file",
            "#error",
        ],
    ),
    (
        SetupFault::OldDriver,
        &[
            "cuda_error_unsupported_ptx_version",
            "compiled with an unsupported toolchain",
            "missing symbol cu",
        ],
    ),
    (
        SetupFault::Driver,
        &[
            "unable to dynamically load the \"cuda\"",
            "cuda_error_system_driver_mismatch",
            "cuda_error_compat_not_supported_on_device",
            "cuda_error_stub_library",
            "cuda_error_jit_compiler_not_found",
            "cuda_error_jit_compilation_disabled",
        ],
    ),
    (
        SetupFault::Refused,
        &[
            "[compilation error]",
            "nvrtc_error_",
            "cuda_error_invalid_ptx",
            "cuda_error_no_binary_for_gpu",
            "unable to load the ptx",
        ],
    ),
];

/// Lines of which a fault consists at most.
const MOST_LINES: usize = 12;
/// Characters of a line that are shown at most.
const MOST_CHARACTERS: usize = 240;

/// Beginnings of parts of a message that are long and say nothing to a user: the source of the
/// kernel, and where in the library it was compiled.
const LONG_PARTS: [&str; 2] = ["[source]", "backtrace"];

/// What a line of a long log says when it is one of those that tell why.
const TELLING: [&str; 6] = ["error", "caused by", "unable", "failed", "missing", "cannot"];

impl SetupFault {
    /// The fault that a text speaks of; `said` is in lower case.
    pub(super) fn of(said: &str) -> Option<Self> {
        let is_said = |(_, words): &&(Self, &[&str])| words.iter().any(|word| said.contains(word));
        WORDS.iter().find(is_said).map(|(fault, _)| *fault)
    }

    /// What to do about it.
    pub(super) fn hint(self) -> &'static str {
        match self {
            Self::Builtins => {
                "install `libnvrtc-builtins` of the same version beside `libnvrtc` (it is part of the \
                 CUDA toolkit and of pip's `nvidia-cuda-nvrtc`); `seglab probe` shows both"
            }
            Self::Nvrtc => {
                "install the CUDA toolkit, or `pip install nvidia-cuda-nvrtc nvidia-cuda-runtime \
                 nvidia-cuda-cccl nvidia-cuda-crt`; `seglab probe` shows where it is looked for"
            }
            Self::Headers => {
                "install the CUDA toolkit, or `pip install nvidia-cuda-runtime nvidia-cuda-cccl \
                 nvidia-cuda-crt` of NVRTC's version; `seglab probe` shows which headers are missing"
            }
            Self::OldDriver => {
                "install a newer driver, or an older CUDA toolkit and set CUDA_PATH to it; `seglab \
                 probe` shows which versions fit"
            }
            Self::Driver => {
                "install NVIDIA's driver and start the machine again if it was renewed; `nvidia-smi` \
                 must list the GPU"
            }
            Self::Refused => {
                "the compiler and its headers may be of different versions: `seglab probe` shows \
                 them; set CUDA_PATH to one whole toolkit of version 12.8 or newer"
            }
        }
    }
}

/// The lines of a text without sources and backtraces, which say nothing about what happened.
pub(super) fn spoken(text: &str) -> Vec<&str> {
    let mut is_long_part = false;
    let mut is_spoken = |line: &&str| {
        let words = line.trim_start().to_lowercase();
        // The next cause ends such a part.
        is_long_part = LONG_PARTS.iter().any(|begin| words.starts_with(begin))
            || is_long_part && !words.starts_with("caused by");
        !is_long_part
    };
    text.lines().filter(|line| !line.trim().is_empty() && is_spoken(line)).collect()
}

/// A text as it is when it is short; else the lines that tell why, each once, with how many were
/// left out. Sources and backtraces are left out in any case.
pub(super) fn telling(text: &str) -> Vec<String> {
    let kept = spoken(text);
    let is_telling = |line: &&str| {
        let words = line.to_lowercase();
        TELLING.iter().any(|part| words.contains(part))
    };
    let chosen: Vec<&str> = if kept.len() <= MOST_LINES {
        kept
    } else {
        let mut chosen: Vec<&str> = Vec::new();
        // The line after a "caused by" is the cause.
        let pairs = kept.iter().enumerate().map(|(idx, line)| (idx.checked_sub(1), *line));
        for (before, line) in pairs {
            let is_cause = before.is_some_and(|idx| {
                kept.get(idx).is_some_and(|line| line.to_lowercase().contains("caused by"))
            });
            if (is_telling(&line) || is_cause) && !chosen.contains(&line) {
                chosen.push(line);
            }
        }
        chosen.truncate(MOST_LINES);
        chosen
    };
    let n_lines = text.lines().filter(|line| !line.trim().is_empty()).count();
    let mut lines: Vec<String> = chosen.iter().map(|line| shortened(line)).collect();
    if n_lines > lines.len() {
        lines.push(format!("({} more lines)", n_lines - lines.len()));
    }
    lines
}

fn shortened(line: &str) -> String {
    match line.char_indices().nth(MOST_CHARACTERS) {
        Some((end, _)) => format!("{}..", &line[..end]),
        None => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_is_told_from_the_words_of_its_library() {
        for (said, fault) in [
            (
                "nvrtc: error: failed to open libnvrtc-builtins.so.13.0.\n  Make sure that it is \
                 installed correctly.",
                SetupFault::Builtins,
            ),
            ("NVRTC_ERROR_BUILTIN_OPERATION_FAILURE", SetupFault::Builtins),
            (
                "Unable to dynamically load the \"nvrtc\" shared library - searched for library \
                 names: [\"libnvrtc.so\", \"libnvrtc64.so\"]",
                SetupFault::Nvrtc,
            ),
            ("CUDA installation not found.\nPlease ensure", SetupFault::Headers),
            (
                "[Compilation Error] \n    default_program(3): catastrophic error: could not open \
                 source file \"mma.h\" (no directories in search list)",
                SetupFault::Headers,
            ),
            (
                "Unable to load the PTX: DriverError(CUDA_ERROR_UNSUPPORTED_PTX_VERSION, \"the \
                 provided PTX was compiled with an unsupported toolchain.\")",
                SetupFault::OldDriver,
            ),
            ("Missing symbol cuEventElapsedTime_v2: undefined symbol", SetupFault::OldDriver),
            ("Unable to dynamically load the \"cuda\" shared library", SetupFault::Driver),
            ("DriverError(CUDA_ERROR_SYSTEM_DRIVER_MISMATCH, \"..\")", SetupFault::Driver),
            (
                "[Compilation Error] \n    default_program(7): error: identifier \"htanh\" is \
                 undefined",
                SetupFault::Refused,
            ),
            ("DriverError(CUDA_ERROR_INVALID_PTX, \"..\")", SetupFault::Refused),
        ] {
            assert_eq!(SetupFault::of(&said.to_lowercase()), Some(fault), "{said}");
            assert!(!fault.hint().contains("memory"), "{fault:?}");
        }
        for said in ["out of device memory", "cuda_error_illegal_address", "index out of bounds"] {
            assert_eq!(SetupFault::of(said), None, "{said}");
        }
    }

    #[test]
    fn of_a_long_log_the_telling_lines_remain() {
        let log = "    default_program(3): warning: variable was declared\n".repeat(60);
        let source = "float error = 0;\n".repeat(100);
        let text = format!(
            "An error happened during execution\nCaused by:\n  A kernel was not compiled\nCaused \
             by:\n  [Compilation Error] \n{log}    default_program(9): error: no such \
             thing\n[Source]  \n{source}Backtrace:\n   0: failed::frame\n"
        );
        let lines = telling(&text);
        assert!(lines.len() <= MOST_LINES + 1, "{lines:?}");
        assert!(lines.iter().any(|line| line.contains("error: no such thing")), "{lines:?}");
        assert!(lines.iter().any(|line| line.contains("A kernel was not compiled")), "{lines:?}");
        assert!(lines.iter().all(|line| !line.contains("frame") && !line.contains("float")));
        let n_lines = text.lines().count();
        let left_out = format!("({} more lines)", n_lines - (lines.len() - 1));
        assert_eq!(lines.last(), Some(&left_out));
    }

    #[test]
    fn a_short_text_stays_and_a_long_line_is_cut() {
        assert_eq!(telling("one\ntwo"), ["one", "two"]);
        let long = "é".repeat(MOST_CHARACTERS + 5);
        assert_eq!(telling(&long), [format!("{}..", "é".repeat(MOST_CHARACTERS))]);
    }
}
