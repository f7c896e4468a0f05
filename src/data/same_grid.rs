//! [`different_grids`]: whether two grids are the same one in the patient.
//!
//! Does not know about files or what the grids hold.

use crate::{
    base::Fault,
    data::{geometry::Affine, volume::Placed},
};

/// How far the corners of two equal grids may lie apart, as a share of the smallest voxel edge: a
/// tenth of a voxel is rounding of stored affines, and moves no voxel onto its neighbour.
const CORNER_TOLERANCE: f64 = 0.1;

/// A grid as a message names it.
pub(super) struct NamedGrid<'a> {
    what: &'a str,
    file: &'a str,
    shape: [usize; 3],
    affine: Affine,
}

impl<'a> NamedGrid<'a> {
    /// The grid of a `what`, read from `file`.
    pub(super) fn of<T: Copy>(what: &'a str, file: &'a str, placed: &Placed<T>) -> Self {
        Self { what, file, shape: placed.voxels.shape(), affine: placed.affine }
    }
}

/// A fault that shows both grids when they are not the same; both have the same orientation.
pub(super) fn different_grids(message: String, grids: &[NamedGrid<'_>; 2]) -> Option<Fault> {
    let [first, second] = grids;
    let has_same_shape = first.shape == second.shape;
    let distance = first.affine.corner_distance(&second.affine, first.shape);
    let edges = [first, second].map(|grid| grid.affine.spacing().0);
    let edge = edges.into_iter().flatten().fold(f64::INFINITY, f64::min);
    if has_same_shape && distance <= CORNER_TOLERANCE * edge {
        return None;
    }
    let what_width = first.what.len().max(second.what.len());
    let file_width = first.file.len().max(second.file.len());
    let mut fault = Fault::new(message);
    for NamedGrid { what, file, shape: [x, y, z], affine } in grids {
        let spacing = affine.spacing();
        let origin = if has_same_shape {
            let [x, y, z] = affine.step(3);
            format!(", origin ({x:.2}, {y:.2}, {z:.2})")
        } else {
            String::new()
        };
        fault = fault.detail(format!(
            "{what:<what_width$}  {file:<file_width$}  {x}x{y}x{z}, spacing {spacing}{origin}"
        ));
    }
    if has_same_shape {
        fault = fault.detail(format!("their corners lie up to {distance:.2} mm apart"));
    }
    Some(fault)
}
