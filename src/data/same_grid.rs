//! [`apart`]: whether two grids are the same one in the patient.
//!
//! Knows nothing of files or of what the grids hold.

use crate::{base::Fault, data::geometry::Affine};

/// Millimetres that the corners of two equal grids may lie apart: rounding of stored affines.
const CORNER_TOLERANCE_MM: f64 = 1e-2;

/// Shape and place of a grid.
pub(super) type Placement = ([usize; 3], Affine);

/// A fault that gives both grids when they are not the same; each is what it is, the name it is
/// shown under, and where it lies. The orientations must be the same.
pub(super) fn apart(message: String, grids: [(&str, &str, &Placement); 2]) -> Option<Fault> {
    let [(_, _, first), (_, _, second)] = grids;
    let distance = first.1.corner_distance(&second.1, first.0);
    if first.0 == second.0 && distance <= CORNER_TOLERANCE_MM {
        return None;
    }
    let [what_width, shown_width] = [
        grids.iter().map(|(what, ..)| what.len()).max().unwrap_or_default(),
        grids.iter().map(|(_, shown, _)| shown.len()).max().unwrap_or_default(),
    ];
    let mut fault = Fault::new(message);
    for (what, shown, ([x, y, z], affine)) in grids {
        let spacing = affine.spacing();
        fault = fault.detail(format!(
            "{what:<what_width$}  {shown:<shown_width$}  {x}x{y}x{z}, spacing {spacing}"
        ));
    }
    if first.0 == second.0 {
        fault = fault.detail(format!("their corners lie up to {distance:.2} mm apart"));
    }
    Some(fault)
}
