//! NIfTI files: [`read_volume`], [`read_labels`] and [`write()`].
//!
//! `.nii`, `.nii.gz` and `.hdr` + `.img`, NIfTI-1 through the `nifti` crate and NIfTI-2 through a
//! header shim. Voxels come with their axes as stored or as the caller wants, beside the affine that
//! places them.
//!
//! Does not know about cases, classes or data sets.

mod error;
mod header;
mod names;
mod place;
mod read;
mod source;
mod voxels;
mod write;

pub use names::files_of;
pub(super) use names::{FileRole, stem};
pub(super) use read::read_meanings;
pub use read::{Read, read_labels, read_volume};
pub use write::{Stored, write};
