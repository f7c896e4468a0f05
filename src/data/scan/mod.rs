//! The first look at a data set: every file is read, checked and fingerprinted once.
//!
//! `scan_cases` does it for a data root, `ScannedCase` is what is kept of a case, and
//! [`FileCache`] says whether the next process reads files again that did not change.
//!
//! Does not know about classes or what the cases are for.

mod cache;
mod case;
mod cases;
mod hu_facts;

pub use cache::FileCache;
pub(super) use case::{ScannedCase, fingerprint, packed, read_case};
pub(super) use cases::{Scan, scan_cases};
pub use hu_facts::Padding;
pub(super) use hu_facts::{HuFacts, looks_like_ct};
