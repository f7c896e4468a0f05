//! [`cut`]: the axial, the coronal and the sagittal slice with the most foreground.
//!
//! Each as radiologists see it: axial from the feet, the patient's right on the left, front at the
//! top; coronal from the front, sagittal from the patient's left, head at the top in both.
//!
//! Does not know about colours.

use super::Overlay;
use crate::data::{
    geometry::Orientation,
    orient::reorient,
    volume::{Grid, Placed, Volume},
};

/// A slice, upright: rows from the top, columns from the left.
#[derive(Debug, Clone)]
pub(super) struct Plane {
    /// Columns and rows.
    pub(super) size: [usize; 2],
    /// Millimetres of a column and of a row.
    pub(super) spacing: [f64; 2],
    /// CT in HU, row by row.
    pub(super) ct: Vec<f32>,
    /// Class by the reference, row by row.
    pub(super) reference: Vec<u8>,
    /// Class by the prediction, row by row.
    pub(super) prediction: Vec<u8>,
}

/// The axes that run along a plane's columns and rows, and the one across it. In RAS all six run
/// against the way they are drawn, so that each is walked from its far end.
const PLANES: [[usize; 3]; 3] = [[0, 1, 2], [0, 2, 1], [1, 2, 0]];

/// Cuts, along each axis, the slice with the most reference foreground (of the prediction when
/// there is none, the middle one when there is neither), however the axes of `volume` run.
pub(in crate::infer) fn cut(
    volume: Volume,
    reference: &Grid<u8>,
    prediction: &Grid<u8>,
    window: [f64; 2],
) -> Overlay {
    let affine = volume.affine;
    let upright = |labels: &Grid<u8>| {
        reorient(Placed { voxels: labels.clone(), affine }, Orientation::RAS).voxels
    };
    let (reference, prediction) = (&upright(reference), &upright(prediction));
    let volume = reorient(volume, Orientation::RAS);
    let shape = volume.voxels.shape();
    let [of_reference, of_prediction] = [reference, prediction].map(fullest_slices);
    let slices = [0, 1, 2]
        .map(|axis: usize| of_reference[axis].or(of_prediction[axis]).unwrap_or(shape[axis] / 2));
    let spacing = volume.affine.spacing().0;
    let planes = PLANES.map(|[across, down, through]| {
        let places: Vec<[usize; 3]> = (0..shape[down])
            .rev()
            .flat_map(|row| (0..shape[across]).rev().map(move |column| (row, column)))
            .map(|(row, column)| {
                let mut place = slices;
                (place[across], place[down]) = (column, row);
                place[through] = slices[through];
                place
            })
            .collect();
        let of = |labels: &Grid<u8>| places.iter().map(|place| labels.at(*place)).collect();
        Plane {
            size: [shape[across], shape[down]],
            spacing: [spacing[across], spacing[down]],
            ct: places.iter().map(|place| volume.voxels.at(*place)).collect(),
            reference: of(reference),
            prediction: of(prediction),
        }
    });
    Overlay { slice: slices[2], window, planes }
}

/// Along each axis, the first slice with the most foreground; `None` without any.
fn fullest_slices(labels: &Grid<u8>) -> [Option<usize>; 3] {
    let [n_x, n_y, n_z] = labels.shape();
    let mut areas = [vec![0_usize; n_x], vec![0; n_y], vec![0; n_z]];
    for (lane_idx, lane) in labels.values().chunks_exact(n_z.max(1)).enumerate() {
        for (z, _) in lane.iter().enumerate().filter(|(_, label)| **label > 0) {
            areas[0][lane_idx / n_y] += 1;
            areas[1][lane_idx % n_y] += 1;
            areas[2][z] += 1;
        }
    }
    areas.map(|areas| {
        let largest = areas.iter().copied().max().filter(|&area| area > 0)?;
        areas.iter().position(|&area| area == largest)
    })
}
