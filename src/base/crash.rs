//! [`catch`]: turns a panic into an error with its message and backtrace; nothing is printed.
//! [`noted`]: panics of other threads, which a library may have caught and hidden.
//!
//! seglab itself does not panic, but the libraries below it do, deep inside a device or a decoder.
//!
//! Does not know what was being done.

use crate::base::{Error, ErrorCode, Fault, Result};
use std::{
    backtrace::Backtrace,
    cell::RefCell,
    panic::{self, AssertUnwindSafe},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

/// The line of a fault's details after which the panic's backtrace follows.
pub const BACKTRACE: &str = "backtrace:";

/// How Rust's allocator begins its message when it gets no memory; it then ends the process.
pub const NO_MEMORY: &str = "memory allocation of ";

thread_local! {
    /// The latest panic of this thread. A panic is caught on the thread on which it happened.
    static LATEST: RefCell<Option<Panic>> = const { RefCell::new(None) };
}

/// Different panics of named threads so far. A thread that panics at every task says the same each
/// time, so few of each are enough.
static NOTED: Mutex<Vec<ThreadPanic>> = Mutex::new(Vec::new());
const MOST_OF_A_THREAD: usize = 32;
const MOST_NOTED: usize = 1024;
/// Length of [`NOTED`], so that asking costs nothing while there is none.
static N_NOTED: AtomicUsize = AtomicUsize::new(0);

/// A panic: what was said and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Panic {
    /// Place and message, as Rust prints them.
    pub message: String,
    /// Frames between the panic and the start of its thread, innermost first.
    pub backtrace: Vec<String>,
}

/// A panic with the name of its thread.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ThreadPanic {
    /// Name of the thread.
    pub thread: String,
    /// What it said.
    pub panic: Panic,
}

impl Panic {
    /// An error with this message and backtrace; `title` says what panicked.
    pub fn into_error(self, title: impl Into<String>) -> Error {
        let mut fault = Fault::new(title);
        for line in self.message.lines() {
            fault = fault.detail(line);
        }
        if !self.backtrace.is_empty() {
            fault = fault.detail(BACKTRACE);
        }
        for line in self.backtrace {
            fault = fault.detail(line);
        }
        let fault = fault.hint("this is a fault of the program: please report these lines");
        Error::new(ErrorCode::Panic, fault)
    }
}

/// Keeps the messages of panics for [`catch`] and [`noted`] instead of printing them; called once,
/// at the start.
pub fn keep_quiet() {
    panic::set_hook(Box::new(|info| {
        // Whether `RUST_BACKTRACE` is set or not: the same panic may not happen again.
        let backtrace = shorten(&Backtrace::force_capture().to_string());
        let panic = Panic { message: info.to_string(), backtrace };
        // A thread that is being torn down has no place for it; then the payload must do. It has no
        // name any more either.
        let kept = LATEST.try_with(|latest| drop(latest.replace(Some(panic.clone()))));
        if kept.is_ok()
            && let Some(name) = thread::current().name()
        {
            note(ThreadPanic { thread: name.to_owned(), panic });
        }
    }));
}

fn note(panic: ThreadPanic) {
    let mut noted = NOTED.lock().unwrap_or_else(PoisonError::into_inner);
    let of_thread = noted.iter().filter(|other| other.thread == panic.thread);
    let (n_before, is_known) = of_thread.fold((0, false), |(n, is_known), other| {
        (n + 1, is_known || other.panic.message == panic.panic.message)
    });
    if noted.len() < MOST_NOTED && n_before < MOST_OF_A_THREAD && !is_known {
        noted.push(panic);
        N_NOTED.store(noted.len(), Ordering::Release);
    }
}

/// The different panics so far of threads whose name `is_watched`, whether something caught them or
/// not. A library that runs tasks on threads of its own may catch the panic of one and go on without
/// its result.
pub fn noted(is_watched: impl Fn(&str) -> bool) -> Vec<ThreadPanic> {
    if N_NOTED.load(Ordering::Acquire) == 0 {
        return Vec::new();
    }
    let noted = NOTED.lock().unwrap_or_else(PoisonError::into_inner);
    noted.iter().filter(|panic| is_watched(&panic.thread)).cloned().collect()
}

/// Does `work`; a panic in it becomes an error.
///
/// # Errors
/// Those of `work`, and a panic in it.
pub fn catch<T>(doing: &str, work: impl FnOnce() -> Result<T>) -> Result<T> {
    panic::catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|payload| {
        let kept = LATEST.take();
        let payload_text = || {
            let text = payload.downcast_ref::<String>().cloned();
            text.or_else(|| payload.downcast_ref::<&str>().map(ToString::to_string))
        };
        let message = payload_text().unwrap_or_default();
        let panic = kept.unwrap_or(Panic { message, backtrace: Vec::new() });
        Err(panic.into_error(format!("{doing} panicked")))
    })
}

/// The frames between the panic's own machinery and the start of the thread.
fn shorten(backtrace: &str) -> Vec<String> {
    let lines: Vec<&str> = backtrace.lines().collect();
    let last = |part: &str| lines.iter().rposition(|line| line.contains(part));
    let is_place = |line: &&str| line.trim_start().starts_with("at ");
    let begin = last("core::panicking::").or_else(|| last("begin_unwind")).map_or(0, |line| {
        // Each frame has a line for its name and mostly one for its place.
        line + 1 + usize::from(lines.get(line + 1).is_some_and(is_place))
    });
    let end = last("__rust_begin_short_backtrace").filter(|end| *end > begin);
    lines[begin..end.unwrap_or(lines.len())].iter().map(|line| (*line).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backtrace_keeps_the_frames_of_the_program() {
        let backtrace = "   0: std::backtrace\n   1: core::panicking::panic_fmt\n\
             \u{20}            at /rustc/core/src/panicking.rs:80:14\n   2: seglab::inner\n\
             \u{20}            at ./src/inner.rs:3:4\n   3: seglab::main\n   \
             4: std::sys::__rust_begin_short_backtrace\n   5: main";
        let expected =
            ["   2: seglab::inner", "             at ./src/inner.rs:3:4", "   3: seglab::main"];
        assert_eq!(shorten(backtrace), expected);
        assert_eq!(shorten("   0: main"), ["   0: main"]);
    }

    #[test]
    fn each_thread_reports_its_own_panic() {
        use std::{sync::Barrier, thread};

        keep_quiet();
        let both_panicked = Barrier::new(2);
        let report = |name: &str| {
            // The first panic is caught only after the second happened.
            let caught: Result<()> = catch(name, || {
                let waited = panic::catch_unwind(|| panic!("panic of {name}"));
                both_panicked.wait();
                panic::resume_unwind(waited.unwrap_err())
            });
            caught.unwrap_err().faults[0].details.join("\n")
        };
        thread::scope(|scope| {
            let threads = ["one", "two"].map(|name| (name, scope.spawn(move || report(name))));
            for (name, thread) in threads {
                let text = thread.join().unwrap();
                assert!(text.contains(&format!("panic of {name}")), "{text}");
            }
        });
    }

    #[test]
    fn a_panic_that_somebody_else_caught_is_noted_once_with_its_thread() {
        keep_quiet();
        let name = "thread-of-this-test";
        let work = || {
            for task in ["first", "second", "first"] {
                let _ = panic::catch_unwind(|| panic!("in the {task} task"));
            }
        };
        thread::Builder::new().name(name.into()).spawn(work).unwrap().join().unwrap();
        let noted = noted(|thread| thread == name);
        assert_eq!(noted.len(), 2, "{noted:?}");
        assert!(noted[0].panic.message.contains("in the first task"), "{noted:?}");
        assert!(noted[1].panic.message.contains("in the second task"), "{noted:?}");
        assert!(
            noted.iter().all(|panic| panic.thread == name && !panic.panic.backtrace.is_empty())
        );
    }

    #[test]
    fn a_panic_becomes_a_fault_that_says_what_it_said() {
        let caught: Result<()> = catch("dividing", || panic!("by {}", "nothing"));
        let fault = &caught.unwrap_err().faults[0];
        assert_eq!(fault.message, "dividing panicked");
        assert!(fault.details.iter().any(|line| line.contains("by nothing")), "{fault}");
        assert_eq!(catch("adding", || Ok(2)).unwrap(), 2);
    }
}
