//! [`synthetic_pair`]: a reference and a noisy prediction, to time and test scores on.
//!
//! Does not know about scores.

use crate::data::volume::Grid;

/// Deposits of class 2; of 24, the prediction lacks every sixth and every eighth is its own.
const N_DEPOSITS: usize = 24;

/// Label maps of three classes: two lobulated organs of about 3 % and 2 % of the volume each, and
/// small deposits of class 2.
///
/// In a box of 410x410x300 mm the organs are 1.7 and 1.1 L. The prediction's boundaries are
/// displaced by a few mm and rough, it lacks some deposits and has others, it gives a part of one
/// organ to the other, and one voxel in 100,000 is set wherever it lies. The same shape always
/// gives the same pair.
pub fn synthetic_pair(shape: [usize; 3]) -> (Grid<u8>, Grid<u8>) {
    let labels = |is_prediction: bool| {
        let mut voxel_idx = 0_u64;
        Grid::from_fn(shape, |voxel| {
            voxel_idx += 1;
            let place = [0, 1, 2]
                .map(|axis: usize| (2 * voxel[axis] + 1) as f64 / shape[axis] as f64 - 1.0);
            label(place, if is_prediction { Some(noise(voxel_idx)) } else { None })
        })
    };
    (labels(false), labels(true))
}

/// Class at a place of the box from -1 to 1; with noise, that of the prediction.
fn label(place: [f64; 3], noise: Option<f64>) -> u8 {
    // The prediction's waves run a little differently, and each voxel may go either way.
    let (shift, rough) = noise.map_or((0.0, 0.0), |noise| (0.4, 0.02 * noise));
    let first = distance(place, [-0.35, 0.0, 0.3], [0.45, 0.36, 0.38]);
    let second = distance(place, [0.4, 0.0, -0.35], [0.35, 0.35, 0.34]);
    let is_within = |distance: f64, phase: f64| {
        // Far from the surface the waves need not be known.
        distance < 0.75 || distance < 1.25 && distance + rough + waves(place, phase, shift) < 1.0
    };
    let is_given_away = noise.is_some() && place[0] > -0.02;
    if is_within(first, 0.0) {
        return if is_given_away { 2 } else { 1 };
    }
    if is_within(second, 2.0) || is_deposit(place, noise.is_some()) {
        return 2;
    }
    u8::from(noise.is_some_and(|noise| noise > 0.99998))
}

fn distance(place: [f64; 3], centre: [f64; 3], radius: [f64; 3]) -> f64 {
    let squares = (0..3).map(|axis: usize| ((place[axis] - centre[axis]) / radius[axis]).powi(2));
    squares.sum::<f64>().sqrt()
}

fn waves([x, y, z]: [f64; 3], phase: f64, shift: f64) -> f64 {
    let low = 0.07 * (9.0 * x + phase).sin() + 0.06 * (11.0 * y + phase).cos();
    low + 0.05 * (13.0 * z + 7.0 * x + phase + shift).sin()
}

fn is_deposit(place: [f64; 3], is_prediction: bool) -> bool {
    // They lie on a spiral in front of the organs.
    if place[1] < 0.5 {
        return false;
    }
    (0..N_DEPOSITS).any(|idx| {
        let turn = idx as f64 / N_DEPOSITS as f64;
        let (sin, cos) = (40.0 * turn).sin_cos();
        let centre = [0.8 * turn * sin, 0.7, 0.8 * turn * cos];
        let radius = 0.01 + 0.04 * turn;
        let is_there = if is_prediction { idx % 6 != 1 } else { idx % 8 != 2 };
        is_there && distance(place, centre, [radius; 3]) < 1.0
    })
}

/// Uniform in -1 to 1, a function of the index alone (splitmix64).
fn noise(idx: u64) -> f64 {
    let mut bits = idx.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    (bits >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
}
