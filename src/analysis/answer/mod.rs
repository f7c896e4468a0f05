//! Questions and what the evidence says: a [`Discussion`] asks, [`answer()`] fills its sentences.
//!
//! ```text
//! discussion.toml -> Discussion -> Template -> Evidence -> Answer*
//! ```
//!
//! Every number of an answer is a reference to a cell of an evidence table. A sentence whose cell
//! is empty is not said; what is said instead is that it was not measured, and what would measure
//! it.
//!
//! Does not know how evidence is computed, or about pages.

mod answers;
mod check;
mod discussion;
mod each;
mod reference;
mod template;

pub use answers::{Answer, AnswerStatus, Answers, Missing, answer};
pub use check::{Checked, Mismatch, check, check_discussion, fill, pin};
pub use discussion::{Discussion, Question, Sentence};
pub use reference::Reference;
pub use template::{Fragment, Template};
