//! Resizing and rotation against scikit-image's numbers.

use crate::support::golden;
use seglab::data::{
    augment::rotate::{self, Padding},
    resize,
    volume::Grid,
};

fn slice(key: &str) -> Grid<f32> {
    let rows: Vec<Vec<f32>> =
        serde_json::from_value(golden::json("skimage_resize_rotate.json")[key].clone()).unwrap();
    Grid::from_vec([rows.len(), rows[0].len(), 1], rows.concat()).unwrap()
}

/// Values stacked three deep, so that lanes along z are walked too.
fn stacked(slice: &Grid<f32>) -> Grid<f32> {
    let [n_x, n_y, _] = slice.shape();
    Grid::from_fn([n_x, n_y, 3], |[x, y, z]| slice.at([x, y, 0]) * (z as f32 - 1.0))
}

fn assert_close(found: &Grid<f32>, expected: &Grid<f32>) {
    let expected = stacked(expected);
    assert_eq!(found.shape(), expected.shape());
    let largest = expected.values().iter().fold(0.0_f32, |largest, value| largest.max(value.abs()));
    for (found, expected) in found.values().iter().zip(expected.values()) {
        // The reference is f64; 1e-5 of the range leaves room for f32 sums of a dozen terms.
        assert!((found - expected).abs() <= 1e-5 * largest, "{found} for {expected}");
    }
}

#[test]
fn resizing_with_anti_aliasing_equals_skimage() {
    let input = stacked(&slice("resize_aa_in"));
    for (shape, key) in [
        ([6, 5, 3], "resize_aa_out_6x5"),
        ([7, 9, 3], "resize_aa_out_7x9"),
        ([32, 32, 3], "resize_up_out_32x32"),
    ] {
        assert_close(&resize::linear(&input, shape), &slice(key));
    }
}

#[test]
fn resizing_masks_equals_skimage() {
    assert_eq!(resize::nearest(&slice("mask_in"), [7, 9, 1]), slice("mask_out_7x9"));
}

#[test]
fn rotation_equals_skimage() {
    let rotated = rotate::linear(&stacked(&slice("rot_in")), 13.7, Padding::Reflect);
    assert_close(&rotated, &slice("rot_out_order1_reflect"));
    let labels = rotate::nearest(&slice("rot_lab_in"), 13.7, Padding::Reflect);
    assert_eq!(labels, slice("rot_lab_out_order0_reflect"));
}
