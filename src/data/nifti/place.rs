//! [`affine`]: where a header says its grid lies, sform over qform over voxel sizes.
//!
//! Does not know about bytes or voxel values.

use super::error::{FileError, ParseResult};
use crate::data::geometry::{Affine, Spacing};
use ::nifti::NiftiHeader;

/// Cosine between two axes above which voxels are not boxes: about 0.06 degrees.
pub(super) const SHEAR: f64 = 1e-3;

/// The affine of a header, and warnings about it.
pub(super) fn affine(fields: &NiftiHeader) -> ParseResult<(Affine, Vec<String>)> {
    let (form, affine) = if fields.sform_code > 0 {
        let rows = [fields.srow_x, fields.srow_y, fields.srow_z];
        ("sform", Affine(rows.map(|row| row.map(f64::from))))
    } else if fields.qform_code > 0 {
        ("qform", qform(fields))
    } else {
        ("pixdim", Affine::diagonal(spacing(fields)))
    };
    let finite = affine.0.iter().flatten().all(|value| value.is_finite());
    let lengths: f64 = affine.spacing().0.iter().product();
    if !finite || affine.determinant().abs() <= 1e-6 * lengths {
        return Err(FileError::new(format!(
            "its {form} is singular: its axes do not span a volume"
        ))
        .hint("write the file again with a valid affine"));
    }
    let mut warnings = Vec::new();
    if form == "pixdim" {
        warnings.push("neither sform nor qform: spacing from pixdim, axes taken as RAS".to_owned());
    }
    if affine.shear() > SHEAR {
        let degrees = affine.shear().asin().to_degrees();
        warnings.push(format!("axes are sheared by {degrees:.1} degrees (gantry tilt)"));
    }
    Ok((affine, warnings))
}

fn spacing(fields: &NiftiHeader) -> Spacing {
    Spacing([1, 2, 3].map(|axis: usize| f64::from(fields.pixdim[axis]).abs()))
}

/// The quaternion form of the NIfTI-1 standard.
#[expect(clippy::many_single_char_names, reason = "the standard's own names")]
fn qform(fields: &NiftiHeader) -> Affine {
    let [mut b, mut c, mut d] =
        [fields.quatern_b, fields.quatern_c, fields.quatern_d].map(f64::from);
    let mut a = 1.0 - (b * b + c * c + d * d);
    if a < 1e-7 {
        let length = (b * b + c * c + d * d).sqrt();
        (a, b, c, d) = (0.0, b / length, c / length, d / length);
    } else {
        a = a.sqrt();
    }
    let rotation = [
        [a * a + b * b - c * c - d * d, 2.0 * (b * c - a * d), 2.0 * (b * d + a * c)],
        [2.0 * (b * c + a * d), a * a + c * c - b * b - d * d, 2.0 * (c * d - a * b)],
        [2.0 * (b * d - a * c), 2.0 * (c * d + a * b), a * a + d * d - b * b - c * c],
    ];
    let Spacing([x, y, z]) = spacing(fields);
    let z = if fields.pixdim[0] < 0.0 { -z } else { z };
    let origin = [fields.quatern_x, fields.quatern_y, fields.quatern_z].map(f64::from);
    let mut rows = [[0.0; 4]; 3];
    for (axis, row) in rows.iter_mut().enumerate() {
        let [along_x, along_y, along_z] = rotation[axis];
        *row = [along_x * x, along_y * y, along_z * z, origin[axis]];
    }
    Affine(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header() -> NiftiHeader {
        NiftiHeader { sform_code: 0, qform_code: 0, ..NiftiHeader::default() }
    }

    #[test]
    fn quaternion_of_a_half_turn_about_z_is_lps() {
        let fields = NiftiHeader {
            qform_code: 1,
            quatern_d: 1.0,
            pixdim: [1.0, 2.0, 3.0, 4.0, 0.0, 0.0, 0.0, 0.0],
            quatern_x: 7.0,
            ..header()
        };
        let (affine, warnings) = affine(&fields).unwrap();
        let expected = Affine([[-2.0, 0.0, 0.0, 7.0], [0.0, -3.0, 0.0, 0.0], [0.0, 0.0, 4.0, 0.0]]);
        assert_eq!(affine, expected);
        assert!(warnings.is_empty());
    }

    #[test]
    fn a_negative_first_pixdim_turns_the_third_axis() {
        let fields = NiftiHeader {
            qform_code: 1,
            pixdim: [-1.0, 1.0, 1.0, 5.0, 0.0, 0.0, 0.0, 0.0],
            ..header()
        };
        assert_eq!(affine(&fields).unwrap().0.orientation().to_string(), "RAI");
    }

    #[test]
    fn without_forms_the_spacing_counts_and_is_warned_of() {
        let fields = NiftiHeader { pixdim: [1.0, 2.0, 3.0, 4.0, 0.0, 0.0, 0.0, 0.0], ..header() };
        let (affine, warnings) = affine(&fields).unwrap();
        assert_eq!(affine, Affine::diagonal(Spacing([2.0, 3.0, 4.0])));
        assert_eq!(warnings, ["neither sform nor qform: spacing from pixdim, axes taken as RAS"]);
    }
}
