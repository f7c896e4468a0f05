//! [`place`]: where a header says its grid lies, sform over qform over voxel sizes, in millimetres.
//!
//! Does not know about bytes or voxel values.

use super::error::{FileError, ParseResult};
use crate::data::geometry::{Affine, Spacing};
use ::nifti::NiftiHeader;

/// Cosine between two axes above which voxels are not boxes: about 0.06 degrees.
pub(super) const SHEAR: f64 = 1e-3;
/// Two forms place a grid alike when its corners lie no further apart than this share of the
/// smallest voxel edge: forms are rounded when they are stored, each in its own way.
const SAME_PLACE: f64 = 0.1;
/// Bits of `xyzt_units` that name the unit of length.
const LENGTH_BITS: u8 = 0b111;

/// Where a grid lies.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct HeaderPlace {
    /// Voxel index to RAS millimetres.
    pub(super) affine: Affine,
    /// What is unusual about it.
    pub(super) warnings: Vec<String>,
    /// Whether the header names its unit of length. Without one it is taken to be millimetres.
    pub(super) has_unit: bool,
    /// Whether lengths were converted from another unit.
    pub(super) is_converted: bool,
    /// Whether it says nothing but what an empty header says: voxels of one unit at the origin.
    pub(super) is_empty: bool,
}

/// The place of a grid of this shape.
///
/// # Errors
/// When no form of the header spans a volume.
pub(super) fn place(fields: &NiftiHeader, shape: [usize; 3]) -> ParseResult<HeaderPlace> {
    let mut warnings = Vec::new();
    let sform = (fields.sform_code > 0).then(|| sform(fields));
    let qform = (fields.qform_code > 0).then(|| qform(fields));
    let (name, stored) = match (sform, qform) {
        (Some(sform), Some(qform)) => match [sform, qform].map(spans_volume) {
            [false, true] => {
                warnings.push("its sform is singular: its qform is used".to_owned());
                ("qform", qform)
            }
            [true, true] => {
                warnings.extend(disagreement(&sform, &qform, shape));
                ("sform", sform)
            }
            _ => ("sform", sform),
        },
        (Some(sform), None) => ("sform", sform),
        (None, Some(qform)) => ("qform", qform),
        (None, None) => {
            warnings
                .push("neither sform nor qform: spacing from pixdim, axes taken as RAS".to_owned());
            ("pixdim", Affine::diagonal(spacing(fields)))
        }
    };
    if !spans_volume(stored) {
        return Err(FileError::new(format!(
            "its {name} is singular: its axes do not span a volume"
        ))
        .hint("write the file again with a valid affine"));
    }
    if stored.shear() > SHEAR {
        let degrees = stored.shear().asin().to_degrees();
        warnings.push(format!("axes are sheared by {degrees:.1} degrees (gantry tilt)"));
    }
    let unit = Unit::of(fields);
    if let Some((unit, factor)) = unit.converted() {
        warnings.push(format!("its unit of length is the {unit}: multiplied by {factor}"));
    }
    Ok(HeaderPlace {
        affine: stored.scaled(unit.millimetres()),
        warnings,
        has_unit: unit != Unit::Unknown,
        is_converted: unit.converted().is_some(),
        is_empty: stored == Affine::diagonal(Spacing([1.0; 3])),
    })
}

fn spans_volume(affine: Affine) -> bool {
    let is_finite = affine.0.iter().flatten().all(|value| value.is_finite());
    let lengths: f64 = affine.spacing().0.iter().product();
    is_finite && affine.determinant().abs() > 1e-6 * lengths
}

/// A warning when the two forms place the grid differently.
fn disagreement(sform: &Affine, qform: &Affine, shape: [usize; 3]) -> Option<String> {
    let edge = sform.spacing().0.into_iter().fold(f64::INFINITY, f64::min);
    let distance = sform.corner_distance(qform, shape);
    // A qform cannot say that axes are sheared, which is warned of by itself.
    (distance > SAME_PLACE * edge && sform.shear() <= SHEAR).then(|| {
        let [of_sform, of_qform] = [sform, qform].map(Affine::orientation);
        let axes = if of_sform == of_qform {
            String::new()
        } else {
            format!(", axes {of_sform} and {of_qform}")
        };
        format!(
            "sform and qform disagree (corners up to {distance:.2} apart{axes}): the sform is used"
        )
    })
}

/// The unit of length that a header names in `xyzt_units`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Unit {
    Metre,
    Millimetre,
    Micrometre,
    Unknown,
}

impl Unit {
    fn of(fields: &NiftiHeader) -> Self {
        match fields.xyzt_units & LENGTH_BITS {
            1 => Self::Metre,
            2 => Self::Millimetre,
            3 => Self::Micrometre,
            _ => Self::Unknown,
        }
    }

    fn millimetres(self) -> f64 {
        match self {
            Self::Metre => 1e3,
            Self::Micrometre => 1e-3,
            Self::Millimetre | Self::Unknown => 1.0,
        }
    }

    /// Its name and its length in millimetres, where lengths are converted.
    fn converted(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Metre => Some(("metre", "1000")),
            Self::Micrometre => Some(("micrometre", "0.001")),
            Self::Millimetre | Self::Unknown => None,
        }
    }
}

fn sform(fields: &NiftiHeader) -> Affine {
    let rows = [fields.srow_x, fields.srow_y, fields.srow_z];
    Affine(rows.map(|row| row.map(f64::from)))
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

    const SHAPE: [usize; 3] = [10, 10, 10];

    fn header() -> NiftiHeader {
        NiftiHeader { sform_code: 0, qform_code: 0, xyzt_units: 2, ..NiftiHeader::default() }
    }

    /// 2 x 3 x 4 mm in the sform; the qform says the same but for where x starts.
    fn both_forms(qform_x: f32) -> NiftiHeader {
        NiftiHeader {
            sform_code: 1,
            srow_x: [2.0, 0.0, 0.0, 5.0],
            srow_y: [0.0, 3.0, 0.0, 0.0],
            srow_z: [0.0, 0.0, 4.0, 0.0],
            qform_code: 1,
            pixdim: [1.0, 2.0, 3.0, 4.0, 0.0, 0.0, 0.0, 0.0],
            quatern_x: qform_x,
            ..header()
        }
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
        let found = place(&fields, SHAPE).unwrap();
        let expected = Affine([[-2.0, 0.0, 0.0, 7.0], [0.0, -3.0, 0.0, 0.0], [0.0, 0.0, 4.0, 0.0]]);
        assert_eq!((found.affine, found.warnings), (expected, Vec::new()));
    }

    #[test]
    fn a_negative_first_pixdim_turns_the_third_axis() {
        let fields = NiftiHeader {
            qform_code: 1,
            pixdim: [-1.0, 1.0, 1.0, 5.0, 0.0, 0.0, 0.0, 0.0],
            ..header()
        };
        assert_eq!(place(&fields, SHAPE).unwrap().affine.orientation().to_string(), "RAI");
    }

    #[test]
    fn without_forms_the_spacing_counts_and_is_warned_of() {
        let fields = NiftiHeader { pixdim: [1.0, 2.0, 3.0, 4.0, 0.0, 0.0, 0.0, 0.0], ..header() };
        let found = place(&fields, SHAPE).unwrap();
        assert_eq!(found.affine, Affine::diagonal(Spacing([2.0, 3.0, 4.0])));
        assert_eq!(
            found.warnings,
            ["neither sform nor qform: spacing from pixdim, axes taken as RAS"]
        );
        assert!(!found.is_empty);
        let fields = NiftiHeader { pixdim: [1.0; 8], ..header() };
        assert!(place(&fields, SHAPE).unwrap().is_empty);
    }

    #[test]
    fn lengths_become_millimetres() {
        let spacing = |units: u8, lengths: [f32; 3]| {
            let [x, y, z] = lengths;
            let pixdim = [1.0, x, y, z, 0.0, 0.0, 0.0, 0.0];
            let fields = NiftiHeader { qform_code: 1, xyzt_units: units, pixdim, ..header() };
            let found = place(&fields, SHAPE).unwrap();
            (found.affine.spacing().to_string(), found.warnings, found.has_unit)
        };
        let expected = "0.70x0.70x5.00 mm".to_owned();
        // Seconds, in the upper bits, say nothing about lengths.
        assert_eq!(spacing(2 + 8, [0.7, 0.7, 5.0]), (expected.clone(), vec![], true));
        assert_eq!(spacing(0, [0.7, 0.7, 5.0]), (expected.clone(), vec![], false));
        let warning = |text: &str| vec![format!("its unit of length is the {text}")];
        assert_eq!(
            spacing(3, [700.0, 700.0, 5000.0]),
            (expected.clone(), warning("micrometre: multiplied by 0.001"), true)
        );
        assert_eq!(
            spacing(1, [7e-4, 7e-4, 5e-3]),
            (expected, warning("metre: multiplied by 1000"), true)
        );
    }

    #[test]
    fn forms_that_disagree_are_warned_of_and_a_singular_one_is_passed_over() {
        assert_eq!(place(&both_forms(5.1), SHAPE).unwrap().warnings, Vec::<String>::new());
        let found = place(&both_forms(8.0), SHAPE).unwrap();
        assert_eq!(
            found.warnings,
            ["sform and qform disagree (corners up to 3.00 apart): the sform is used"]
        );
        assert_eq!(found.affine.0[0][3].to_string(), "5");
        let mirrored = NiftiHeader { srow_x: [-2.0, 0.0, 0.0, 5.0], ..both_forms(5.0) };
        assert_eq!(
            place(&mirrored, SHAPE).unwrap().warnings,
            ["sform and qform disagree (corners up to 36.00 apart, axes LAS and RAS): the sform \
              is used"]
        );
        let singular = NiftiHeader { srow_z: [0.0; 4], ..both_forms(8.0) };
        let found = place(&singular, SHAPE).unwrap();
        assert_eq!(found.warnings, ["its sform is singular: its qform is used"]);
        assert_eq!(found.affine.0[0][3].to_string(), "8");
        let neither = NiftiHeader { pixdim: [1.0, 0.0, 3.0, 4.0, 0.0, 0.0, 0.0, 0.0], ..singular };
        assert!(place(&neither, SHAPE).is_err());
    }
}
