//! [`distances`]: from each voxel of one mask to the nearest of another, exactly.
//!
//! Nearly all edge voxels of a fair prediction lie within a few voxels of the reference's edge.
//! They are settled by trying the nearest offsets in order, 64 voxels at once. For the others the
//! separable distance transform is evaluated only on the lines that hold one of them.
//!
//! Does not know about edges or scores.

use super::{
    ball::steps,
    envelope::Envelope,
    mask::{Mask, bits, moved, nearest},
};

/// Distances in mm, centre to centre, one for each voxel of `from`, in no order worth knowing;
/// infinite ones when `to` is empty.
///
/// # Source
/// The values of `scipy.ndimage.distance_transform_edt` with `sampling`; Felzenszwalb and
/// Huttenlocher, Distance Transforms of Sampled Functions, 2012.
pub(super) fn distances(from: &Mask, to: &Mask, spacing: [f64; 3]) -> Vec<f64> {
    let mut found = Vec::new();
    let far = near_distances(from, to, spacing, &mut found);
    if far.iter().any(|plane| !plane.is_empty()) {
        far_distances(far, to, spacing, &mut found);
    }
    found
}

/// A step from one voxel to another and its length in mm.
struct Offset {
    step: [isize; 3],
    mm: f64,
}

/// All offsets up to some length, shortest first.
///
/// A ball of four voxels of the finest axis, wider where that would not reach the next slice.
fn near_offsets(spacing: [f64; 3]) -> Vec<Offset> {
    let finest = spacing.iter().copied().fold(f64::INFINITY, f64::min);
    let coarsest = spacing.iter().copied().fold(0.0, f64::max);
    let radius = (4.0 * finest).max((1.5 * coarsest).min(12.0 * finest));
    let mut offsets = Vec::new();
    for x in steps(radius, spacing[0]) {
        for y in steps(radius, spacing[1]) {
            for z in steps(radius, spacing[2]) {
                let [a, b, c] = [(x, 0), (y, 1), (z, 2)].map(|(n, axis)| n as f64 * spacing[axis]);
                let mm = (a * a + b * b + c * c).sqrt();
                if mm <= radius {
                    offsets.push(Offset { step: [x, y, z], mm });
                }
            }
        }
    }
    offsets.sort_by(|a, b| a.mm.total_cmp(&b.mm));
    offsets
}

/// Settles the voxels with a near neighbour; gives the others as `[x, y]` by z.
fn near_distances(
    from: &Mask,
    to: &Mask,
    spacing: [f64; 3],
    found: &mut Vec<f64>,
) -> Vec<Vec<[usize; 2]>> {
    let [n_x, n_y, n_z] = to.shape();
    let offsets = near_offsets(spacing);
    let mut far = vec![Vec::new(); n_z];
    let mut open = vec![0; from.n_words()];
    for ([x, y], column) in from.columns() {
        open.copy_from_slice(column);
        for Offset { step: [step_x, step_y, step_z], mm } in &offsets {
            let (x, y) = (x.wrapping_add_signed(*step_x), y.wrapping_add_signed(*step_y));
            if x >= n_x || y >= n_y {
                continue;
            }
            let other = to.column(x, y);
            let mut left = 0;
            for (word_idx, open) in open.iter_mut().enumerate() {
                let hit = *open & moved(other, word_idx, *step_z);
                if hit != 0 {
                    *open ^= hit;
                    found.extend(std::iter::repeat_n(*mm, hit.count_ones() as usize));
                }
                left |= *open;
            }
            if left == 0 {
                break;
            }
        }
        bits(&open).for_each(|z| far[z].push([x, y]));
    }
    far
}

/// Columns at one x that hold a voxel.
struct Row<'a> {
    x: usize,
    columns: Vec<(usize, &'a [u64])>,
}

/// The distance transform plane by plane: along z by looking at a column's bits, along y for the
/// lines asked for, along x for the voxels asked for.
fn far_distances(
    far: Vec<Vec<[usize; 2]>>,
    to: &Mask,
    [mm_x, mm_y, mm_z]: [f64; 3],
    found: &mut Vec<f64>,
) {
    let mut rows: Vec<Row<'_>> = Vec::new();
    for ([x, y], column) in to.columns() {
        match rows.last_mut() {
            Some(row) if row.x == x => row.columns.push((y, column)),
            _ => rows.push(Row { x, columns: vec![(y, column)] }),
        }
    }
    let mut envelope = Envelope::default();
    let mut heights = Vec::new();
    for (z, mut voxels) in far.into_iter().enumerate().filter(|(_, voxels)| !voxels.is_empty()) {
        voxels.sort_unstable_by_key(|&[x, y]| [y, x]);
        let lines: Vec<&[[usize; 2]]> = voxels.chunk_by(|a, b| a[1] == b[1]).collect();
        heights.clear();
        for row in &rows {
            envelope.clear();
            for &(y, column) in &row.columns {
                if let Some(n_steps) = nearest(column, z) {
                    envelope.push(y as f64 * mm_y, (n_steps as f64 * mm_z).powi(2));
                }
            }
            heights.extend(lines.iter().map(|line| envelope.at(line[0][1] as f64 * mm_y)));
        }
        for (line_idx, line) in lines.iter().enumerate() {
            envelope.clear();
            for (row, heights) in rows.iter().zip(heights.chunks_exact(lines.len())) {
                envelope.push(row.x as f64 * mm_x, heights[line_idx]);
            }
            found.extend(line.iter().map(|&[x, _]| envelope.at(x as f64 * mm_x).sqrt()));
        }
    }
}
