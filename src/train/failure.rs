//! Why training cannot continue, apart from the device: [`bad_case`] and [`not_finite`].
//!
//! Does not know who reads the errors.

use crate::base::{Error, ErrorCode, Fault};

/// A case that cannot be loaded; the message is that of the loader.
pub(super) fn bad_case(error: &burn::data::dataset::DatasetError) -> Error {
    match std::error::Error::source(error).and_then(|cause| cause.downcast_ref::<Error>()) {
        // The case is not at fault when the loader panics, memory is full, the disk cannot be
        // read, or a file changed after the data set was opened.
        Some(Error { code: ErrorCode::Request | ErrorCode::BadCase, faults }) => {
            Error { code: ErrorCode::BadCase, faults: faults.clone() }
        }
        Some(error) => error.clone(),
        None => Error::run(Fault::new("cannot load a case").caused_by(error)),
    }
}

/// The error of a loss or gradient that is not finite; `step_and_lr` is absent in validation.
pub(super) fn not_finite(
    what: &str,
    epoch: usize,
    step_and_lr: Option<(usize, f64)>,
    cases: &[String],
    last_loss: Option<&f64>,
) -> Error {
    let step = step_and_lr.map_or(String::new(), |(step, _)| format!(", step {step}"));
    let last = last_loss.map_or("none".into(), |loss| format!("{loss:.4}"));
    let lr = step_and_lr.map_or(String::new(), |(_, lr)| format!("; learning rate {lr:.3e}"));
    let fault = Fault::new(format!("{what} became NaN or infinite at epoch {epoch}{step}"))
        .detail(format!("last finite loss {last}{lr}"))
        .detail(format!("batch `{}`", cases.join("`, `")));
    let fault = fault.hint("lower `schedule.max-lr`, or set `optimizer.clip-norm = 12.0`");
    Error::new(ErrorCode::NotFinite, fault)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_is_bad_for_what_it_holds_and_not_because_it_cannot_be_read() {
        use burn::data::dataset::DatasetError;

        let fault = || vec![Fault::new("cannot read `a.nii.gz`")];
        for (code, expected) in [
            (ErrorCode::Request, ErrorCode::BadCase),
            (ErrorCode::BadCase, ErrorCode::BadCase),
            (ErrorCode::Unread, ErrorCode::Unread),
            (ErrorCode::Run, ErrorCode::Run),
            (ErrorCode::DiskFull, ErrorCode::DiskFull),
        ] {
            let error = DatasetError::new(Error { code, faults: fault() });
            assert_eq!(bad_case(&error), Error { code: expected, faults: fault() });
        }
    }
}
