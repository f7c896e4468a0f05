//! What went wrong, ready to be shown: [`Fault`] is one problem, [`Error`] one or more of them.
//!
//! Every message follows one form: what could not be done, with the object in backticks; the
//! place; details with expected and found; the causes; the next action.
//!
//! Does not know about the domain, the terminal's colours or where the text goes.

use std::{fmt, ops::Range, path::Path};

/// Result of everything in seglab that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A line and column in a text file, both counted from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// File as the user would type it.
    pub file: String,
    /// Line and column, when the fault has one.
    pub line_column: Option<(usize, usize)>,
    /// The source line itself, shown under the place.
    pub excerpt: Option<String>,
    /// How many characters of the excerpt the fault covers.
    pub width: usize,
}

impl Place {
    /// A place that is a whole file.
    pub fn file(path: &Path) -> Self {
        Self { file: path.display().to_string(), line_column: None, excerpt: None, width: 0 }
    }

    /// A range of bytes of a file's text.
    pub fn in_text(file: &str, text: &str, span: &Range<usize>) -> Self {
        let before = text.get(..span.start).unwrap_or(text);
        let line = before.matches('\n').count() + 1;
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let line_text = text[line_start..].lines().next().unwrap_or_default();
        let end = span.end.min(line_start + line_text.len());
        let covered = text.get(span.start..end).unwrap_or_default();
        Self {
            file: file.to_owned(),
            line_column: Some((line, before[line_start..].chars().count() + 1)),
            // A tab is as wide as a terminal likes; a space keeps the marks under their word.
            excerpt: Some(line_text.replace('\t', " ")),
            width: covered.trim_end().chars().count(),
        }
    }
}

/// One thing that is wrong.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fault {
    /// What could not be done or is not so; lower case, no full stop.
    pub message: String,
    /// Where.
    pub place: Option<Place>,
    /// Lines that give expected and found.
    pub details: Vec<String>,
    /// Causes, outermost first.
    pub causes: Vec<String>,
    /// Next actions.
    pub hints: Vec<String>,
    /// Names of what it is about, for lists that group faults by it; not shown.
    pub subjects: Vec<String>,
}

impl Fault {
    /// A fault with its message alone.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), ..Self::default() }
    }

    /// Says where.
    #[must_use]
    pub fn at(mut self, place: Place) -> Self {
        self.place = Some(place);
        self
    }

    /// Adds a line of detail.
    #[must_use]
    pub fn detail(mut self, line: impl Into<String>) -> Self {
        self.details.push(line.into());
        self
    }

    /// Adds `cause` and the chain below it.
    #[must_use]
    pub fn caused_by(mut self, cause: &(dyn std::error::Error + 'static)) -> Self {
        let mut next = Some(cause);
        while let Some(error) = next {
            let text = error.to_string();
            if self.causes.last() != Some(&text) {
                self.causes.push(text);
            }
            next = error.source();
        }
        self
    }

    /// Adds a name of what it is about.
    #[must_use]
    pub fn about(mut self, subject: impl Into<String>) -> Self {
        self.subjects.push(subject.into());
        self
    }

    /// Adds a next action.
    #[must_use]
    pub fn hint(mut self, action: impl Into<String>) -> Self {
        self.hints.push(action.into());
        self
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error: {}", self.message)?;
        if let Some(place) = &self.place {
            match place.line_column {
                Some((line, column)) => write!(f, "\n  --> {}:{line}:{column}", place.file)?,
                None => write!(f, "\n  --> {}", place.file)?,
            }
            if let (Some((line, column)), Some(excerpt)) = (place.line_column, &place.excerpt) {
                let margin = " ".repeat(line.to_string().len());
                let indent = " ".repeat(column.saturating_sub(1));
                let marks = "^".repeat(place.width.max(1));
                write!(f, "\n{margin} |\n{line} | {excerpt}\n{margin} | {indent}{marks}")?;
            }
        }
        for detail in &self.details {
            write!(f, "\n  {detail}")?;
        }
        for cause in &self.causes {
            write!(f, "\ncaused by: {cause}")?;
        }
        for hint in &self.hints {
            write!(f, "\nhint: {hint}")?;
        }
        Ok(())
    }
}

/// What went wrong, for code that acts on it; it decides the exit code too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorCode {
    /// The request is wrong: spec, data or flags.
    Request,
    /// A file was written in a newer format than this build reads.
    NewerFormat,
    /// A run failed.
    Run,
    /// A run failed on a case that cannot be used.
    BadCase,
    /// A file of a case could not be read. It may work next time: a disk, a network, a permission.
    Unread,
    /// A run failed because its loss or gradient is NaN or infinite.
    NotFinite,
    /// A run failed because the machine or the device has too little memory.
    OutOfMemory,
    /// A run paused because a disk is full; it can go on once there is space.
    DiskFull,
    /// A run failed because its device did.
    DeviceLost,
    /// A device cannot be used because its driver or compiler is missing, too old or does not fit.
    DeviceSetup,
    /// A run failed because a part of the program panicked.
    Panic,
    /// Another process works on the run.
    InUse,
    /// Another process has taken the run over; this one must not write to it.
    Superseded,
    /// Stopped by a signal or its wall time, to be resumed.
    Preempted,
    /// Stopped by Ctrl-C, to be resumed.
    Interrupted,
}

impl ErrorCode {
    /// Exit code of the program.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Request | Self::NewerFormat => 2,
            Self::Preempted | Self::DiskFull => 75,
            Self::Interrupted => 130,
            Self::Run
            | Self::BadCase
            | Self::Unread
            | Self::NotFinite
            | Self::OutOfMemory
            | Self::DeviceLost
            | Self::DeviceSetup
            | Self::Panic
            | Self::InUse
            | Self::Superseded => 1,
        }
    }
}

/// Why something could not be done: at least one fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// What went wrong, for code that acts on it.
    pub code: ErrorCode,
    /// Every fault found, in the order of the input.
    pub faults: Vec<Fault>,
}

impl Error {
    /// An error with one fault.
    pub fn new(code: ErrorCode, fault: Fault) -> Self {
        Self { code, faults: vec![fault] }
    }

    /// A wrong request with one fault.
    pub fn request(fault: Fault) -> Self {
        Self::new(ErrorCode::Request, fault)
    }

    /// A failed run with one fault.
    pub fn run(fault: Fault) -> Self {
        Self::new(ErrorCode::Run, fault)
    }

    /// The same faults as the failure of a run: the request was right, the run cannot go on.
    /// Codes that say more than that stay.
    #[must_use]
    pub fn of_run(mut self) -> Self {
        if matches!(self.code, ErrorCode::Request | ErrorCode::NewerFormat) {
            self.code = ErrorCode::Run;
        }
        self
    }

    /// The same faults as the failure of a run, each with the name of the case. Codes of causes
    /// outside the case stay.
    #[must_use]
    pub fn of_case(mut self, case: &str) -> Self {
        if matches!(self.code, ErrorCode::Request | ErrorCode::Run) {
            self.code = ErrorCode::BadCase;
        }
        for fault in &mut self.faults {
            fault.details.push(format!("case `{case}`"));
        }
        self
    }

    /// `Err` with every fault, or `Ok` when there is none.
    ///
    /// # Errors
    /// When `faults` holds anything.
    pub fn unless_empty(faults: Vec<Fault>) -> Result<()> {
        if faults.is_empty() { Ok(()) } else { Err(Self { code: ErrorCode::Request, faults }) }
    }
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        Self::request(fault)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (fault_idx, fault) in self.faults.iter().enumerate() {
            if fault_idx > 0 {
                write!(f, "\n\n")?;
            }
            write!(f, "{fault}")?;
        }
        if self.faults.len() > 1 {
            write!(f, "\n\n{} faults", self.faults.len())?;
        }
        Ok(())
    }
}

impl std::error::Error for Error {}
