//! Spatial scores against plain loops over all voxels.
//!
//! Does not know how the scores get there faster.

use super::{
    CaseMaps, ErrorParts, MaskScores, ball::Ball, component::Components, distance::distances,
    mask::Mask, score_case, synthetic_pair,
};
use crate::data::{
    geometry::{Affine, Spacing},
    volume::Grid,
};
use std::collections::BTreeMap;

type Voxel = [usize; 3];

/// Shapes with one slice, one row, and columns at, just below and beyond a word's 64 voxels.
const SHAPES: [Voxel; 8] =
    [[6, 7, 5], [5, 6, 1], [1, 1, 9], [1, 6, 3], [3, 4, 64], [3, 3, 65], [2, 5, 130], [9, 1, 63]];
const SPACINGS: [[f64; 3]; 3] = [[1.0, 1.0, 1.0], [0.8, 0.8, 5.0], [3.0, 1.25, 0.5]];

/// Numbers that look random and are the same everywhere.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }

    /// Each class with `share` percent of the voxels; the rest is background.
    fn labels(&mut self, shape: Voxel, n_classes: u8, percent: u64) -> Grid<u8> {
        Grid::from_fn(shape, |_| {
            let at = self.below(100);
            (1..n_classes).find(|&class| at < percent * u64::from(class)).unwrap_or(0)
        })
    }
}

fn set(labels: &Grid<u8>, is: impl Fn(u8) -> bool) -> Vec<Voxel> {
    let mut voxels = Vec::new();
    Grid::from_fn(labels.shape(), |voxel| {
        if is(labels.at(voxel)) {
            voxels.push(voxel);
        }
    });
    voxels
}

fn mm(a: Voxel, b: Voxel, spacing: [f64; 3]) -> f64 {
    let squares = (0..3).map(|axis| (a[axis].abs_diff(b[axis]) as f64 * spacing[axis]).powi(2));
    squares.sum::<f64>().sqrt()
}

fn touches(a: Voxel, b: Voxel) -> bool {
    a.iter().zip(b).all(|(&a, b)| a.abs_diff(b) <= 1)
}

fn nearest(voxel: Voxel, others: &[Voxel], spacing: [f64; 3]) -> f64 {
    others.iter().map(|&other| mm(voxel, other, spacing)).fold(f64::INFINITY, f64::min)
}

/// 26-connected components by flooding, in order of their first voxel.
fn flooded(voxels: &[Voxel]) -> Vec<Vec<Voxel>> {
    let mut open: Vec<Voxel> = voxels.to_vec();
    let mut parts = Vec::new();
    while !open.is_empty() {
        let mut part = vec![open.remove(0)];
        let mut next = 0;
        while next < part.len() {
            let at = part[next];
            let (beside, rest) = open.into_iter().partition(|&other| touches(at, other));
            open = rest;
            part.extend::<Vec<Voxel>>(beside);
            next += 1;
        }
        part.sort_unstable();
        parts.push(part);
    }
    parts
}

/// All shapes and spacings with empty, single, sparse, dense and full labels.
fn each_case(n_classes: u8, mut check: impl FnMut(&Grid<u8>, &Grid<u8>, [f64; 3])) {
    let mut dice = Dice(7);
    let most = 100 / (u64::from(n_classes) - 1);
    for shape in SHAPES {
        for spacing in SPACINGS {
            for percents in [[0, 0], [0, 20], [30, 0], [2, 3], [25, 20], [most, 30]] {
                let [a, b] = percents.map(|percent| dice.labels(shape, n_classes, percent));
                check(&a, &b, spacing);
            }
            let mut one = Grid::filled(shape, 0);
            one.set(shape.map(|n| n - 1), 1);
            let mut other = Grid::filled(shape, 0);
            other.set([0; 3], 1);
            check(&one, &other, spacing);
            check(&one, &dice.labels(shape, n_classes, 10), spacing);
        }
    }
}

fn check_distances(a: &Grid<u8>, b: &Grid<u8>, spacing: [f64; 3]) {
    let [a, b] = [a, b].map(|labels| Mask::of(labels, &(1..=1)).edge());
    let to: Vec<Voxel> = b.voxels().collect();
    let mut found = distances(&a, &b, spacing);
    let mut expected: Vec<f64> = a.voxels().map(|at| nearest(at, &to, spacing)).collect();
    found.sort_unstable_by(f64::total_cmp);
    expected.sort_unstable_by(f64::total_cmp);
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.iter().zip(&expected) {
        let is_same = found.total_cmp(expected).is_eq() || (found - expected).abs() < 1e-10;
        assert!(is_same, "{found} is not {expected}");
    }
}

#[test]
fn distances_are_those_to_the_nearest_of_all_voxels() {
    each_case(2, check_distances);
    // Organs, with parts of them far from their counterpart.
    let (reference, prediction) = synthetic_pair([26, 24, 70]);
    let swapped = prediction.map(|label| u8::from(label == 2));
    for spacing in SPACINGS {
        check_distances(&reference, &prediction, spacing);
        check_distances(&prediction, &reference, spacing);
        check_distances(&reference, &swapped, spacing);
    }
}

#[test]
fn components_are_those_of_flooding() {
    each_case(2, |a, b, _| {
        let (mask, other) = (Mask::of(a, &(1..=1)), Mask::of(b, &(1..=1)));
        let components = Components::of(&mask);
        let mut found: BTreeMap<usize, Vec<Voxel>> = BTreeMap::new();
        for (idx, run) in components.runs(|_| true) {
            let [x, y] = run.column;
            found.entry(idx).or_default().extend((run.start..run.end).map(|z| [x, y, z]));
        }
        let expected = flooded(&set(a, |label| label == 1));
        assert_eq!(found.into_values().collect::<Vec<_>>(), expected);
        for (extent, part) in components.extents(&other).iter().zip(&expected) {
            let axis = |axis: usize| part.iter().map(move |voxel| voxel[axis]);
            assert_eq!(extent.n, part.len() as u64);
            assert_eq!(extent.n_shared, part.iter().filter(|&&at| b.at(at) == 1).count() as u64);
            assert_eq!(extent.low, [0, 1, 2].map(|n| axis(n).min().unwrap()));
            assert_eq!(extent.high, [0, 1, 2].map(|n| axis(n).max().unwrap()));
            for (n, centre) in extent.centre.iter().enumerate() {
                let mean = axis(n).sum::<usize>() as f64 / part.len() as f64;
                assert!((centre - mean).abs() < 1e-9);
            }
        }
    });
}

#[test]
fn masks_grow_and_shrink_as_voxel_by_voxel() {
    each_case(2, |a, _, spacing| {
        let shape = a.shape();
        let voxels = set(a, |label| label == 1);
        let all = set(a, |_| true);
        let mask = Mask::of(a, &(1..=1));
        let chosen = |is: &dyn Fn(Voxel) -> bool| -> Vec<Voxel> {
            all.iter().copied().filter(|&at| is(at)).collect()
        };
        let listed = |mask: &Mask| mask.voxels().collect::<Vec<_>>();
        let is_inner = |at: Voxel| {
            (0..3).all(|axis| {
                let (mut below, mut above) = (at, at);
                below[axis] = at[axis].wrapping_sub(1);
                above[axis] += 1;
                [below, above]
                    .iter()
                    .all(|&at| at.iter().zip(shape).all(|(&at, n)| at < n) && a.at(at) == 1)
            })
        };
        assert_eq!(listed(&mask), voxels);
        assert_eq!(mask.count(), voxels.len() as u64);
        assert_eq!(listed(&mask.inverted()), chosen(&|at| a.at(at) == 0));
        assert_eq!(listed(&mask.edge()), chosen(&|at| a.at(at) == 1 && !is_inner(at)));
        let grown = chosen(&|at| voxels.iter().any(|&other| touches(at, other)));
        assert_eq!(listed(&mask.grown()), grown);
        let far: Vec<f64> = all.iter().map(|&at| nearest(at, &voxels, spacing)).collect();
        for radius in [0.4, 1.0, 3.0] {
            let within = all.iter().zip(&far).filter(|&(_, &mm)| mm <= radius + 1e-6);
            let expected: Vec<Voxel> = within.map(|(&at, _)| at).collect();
            assert_eq!(listed(&Ball::new(radius, spacing).grow(&mask)), expected);
        }
    });
}

fn scores(maps: [&Grid<u8>; 2], ct: Option<&Grid<f32>>, spacing: [f64; 3]) -> super::CaseScores {
    let affine = Affine::diagonal(Spacing(spacing));
    score_case(&CaseMaps {
        reference: maps[0],
        prediction: maps[1],
        ct,
        affine: &affine,
        n_classes: 3,
        tolerances_mm: &[1.0, 3.0],
    })
}

/// Voxels of the parts in the order of the fields, by asking each voxel.
fn parts(reference: &Grid<u8>, prediction: &Grid<u8>, class: u8, spacing: [f64; 3]) -> [u64; 6] {
    let mut counts = [0; 6];
    for (own, other, untouched) in [(reference, prediction, 1), (prediction, reference, 2)] {
        let others = set(other, |label| label == class);
        for part in flooded(&set(own, |label| label == class)) {
            let is_untouched = part.iter().all(|&at| other.at(at) != class);
            for at in part.into_iter().filter(|&at| other.at(at) != class) {
                let heading = if other.at(at) != 0 {
                    0
                } else if is_untouched {
                    untouched
                } else if others.iter().any(|&other| touches(at, other)) {
                    3
                } else if nearest(at, &others, spacing) <= 3.0 + 1e-6 {
                    4
                } else {
                    5
                };
                counts[heading] += 1;
            }
        }
    }
    counts
}

fn listed(parts: &ErrorParts) -> [f64; 6] {
    let lesions = [parts.missed_lesions_ml, parts.false_lesions_ml];
    let boundary = [parts.within_voxel_ml, parts.within_3mm_ml, parts.beyond_ml];
    [parts.class_swaps_ml, lesions[0], lesions[1], boundary[0], boundary[1], boundary[2]]
}

#[test]
fn error_parts_add_up_and_are_those_of_each_voxel() {
    let mut seen = [0; 6];
    let mut check = |a: &Grid<u8>, b: &Grid<u8>, spacing: [f64; 3]| {
        let found = scores([a, b], None, spacing);
        let voxel_ml = spacing.iter().product::<f64>() / 1000.0;
        let merged = [a, b].map(|labels| labels.map(|label| u8::from(label > 0)));
        let classes: [(&MaskScores, _); 3] = [
            (&found.classes[0], parts(a, b, 1, spacing)),
            (&found.classes[1], parts(a, b, 2, spacing)),
            (&found.foreground, parts(&merged[0], &merged[1], 1, spacing)),
        ];
        for (idx, (found_scores, expected)) in classes.into_iter().enumerate() {
            for ((found, expected), seen) in
                listed(&found_scores.errors).into_iter().zip(expected).zip(&mut seen)
            {
                *seen += expected;
                assert!((found - expected as f64 * voxel_ml).abs() < 1e-12);
            }
            let overlap = match idx {
                2 => found.confusion.foreground(),
                _ => found.confusion.overlap(idx + 1),
            };
            let wrong = (overlap.false_negative + overlap.false_positive) as f64 * found.voxel_ml;
            assert!((found_scores.errors.total_ml() - wrong).abs() <= 1e-12 * wrong.max(1.0));
        }
    };
    each_case(3, &mut check);
    // Random voxels have no error far from anything; two thick blobs have.
    let blob = |high: usize| {
        Grid::from_fn([14, 9, 8], |[x, y, z]| u8::from((1..high).contains(&x) && y > 2 && z < 6))
    };
    check(&blob(4), &blob(12), [1.0, 1.0, 2.0]);
    check(&blob(12), &blob(4), [0.7, 1.0, 2.0]);
    assert!(seen.iter().all(|&n| n > 50), "{seen:?}");
}

#[test]
fn reference_lesions_are_described_as_by_plain_loops() {
    let mut dice = Dice(3);
    let shape = [12, 11, 9];
    let spacing = [1.5, 2.0, 2.5];
    for percents in [[3, 6], [6, 3], [20, 20], [0, 5]] {
        let [a, b] = percents.map(|percent| dice.labels(shape, 3, percent));
        let ct = Grid::from_fn(shape, |_| dice.below(300) as f32 - 100.0);
        let found = scores([&a, &b], Some(&ct), spacing);
        let mut lesions = flooded(&set(&a, |label| label == 1));
        lesions.sort_by_key(|part| std::cmp::Reverse(part.len()));
        let all = set(&a, |label| label == 0);
        let scored = &found.classes[0].lesions;
        assert_eq!(scored.reference.len(), lesions.len());
        assert_eq!(scored.n_reference, lesions.len());
        for (found, part) in scored.reference.iter().zip(&lesions) {
            let n = part.len() as f64;
            let close = |a: f64, b: f64| (a - b).abs() < 1e-9;
            assert!(close(found.ml, n * 1.5 * 2.0 * 2.5 / 1000.0));
            let covered = part.iter().filter(|&&at| b.at(at) == 1).count() as f64;
            assert!(close(found.found, covered / n));
            let centre = part.iter().map(|at| at[2]).sum::<usize>() as f64 / n;
            assert!(close(found.position, (centre + 0.5) / 9.0));
            let gap = |at: &Voxel| {
                let gaps = (0..3).map(|axis| {
                    let n_steps = at[axis].min(shape[axis] - 1 - at[axis]);
                    (n_steps as f64 + 0.5) * spacing[axis]
                });
                gaps.fold(f64::INFINITY, f64::min)
            };
            assert!(close(found.border_mm, part.iter().map(gap).fold(f64::INFINITY, f64::min)));
            let mean = |voxels: &[Voxel]| {
                voxels.iter().map(|&at| f64::from(ct.at(at))).sum::<f64>() / voxels.len() as f64
            };
            let around = all.iter().copied().filter(|&at| nearest(at, part, spacing) <= 5.0 + 1e-6);
            let around: Vec<Voxel> = around.collect();
            let expected = (!around.is_empty()).then(|| mean(part) - mean(&around));
            assert_eq!(found.contrast_hu.is_some(), expected.is_some());
            let (found, expected) = (found.contrast_hu.unwrap_or(0.0), expected.unwrap_or(0.0));
            assert!(close(found, expected), "{found} is not {expected}");
        }
    }
}

#[test]
fn a_missed_structure_does_not_vanish_and_an_absent_one_has_no_score() {
    let shape = [8, 8, 8];
    let mut reference = Grid::filled(shape, 0);
    reference.set([3, 4, 5], 1);
    let empty = Grid::filled(shape, 0);
    let found = scores([&reference, &empty], None, [1.0; 3]);
    let (missed, absent) = (&found.classes[0], &found.classes[1]);
    assert_eq!((missed.surface.hd_mm, missed.surface.assd_mm), (None, None));
    assert!(missed.surface.nsd.iter().all(|nsd| nsd.share == Some(0.0)));
    assert_eq!(missed.surface.boundary_iou, Some(0.0));
    assert_eq!((missed.lesions.f1(), missed.lesions.n_missed()), (Some(0.0), 1));
    assert!((missed.errors.missed_lesions_ml - 0.001).abs() < 1e-15);
    assert_eq!(missed.lesions.reference[0].contrast_hu, None);
    assert!(absent.surface.nsd.iter().all(|nsd| nsd.share.is_none()));
    assert_eq!((absent.surface.boundary_iou, absent.lesions.f1()), (None, None));
    assert!((found.diagonal_mm - 192.0_f64.sqrt()).abs() < 1e-12);
}

#[test]
fn maps_that_do_not_fit_are_refused_and_break_nothing() {
    let affine = Affine::diagonal(Spacing([1.0; 3]));
    let (reference, small) = (Grid::filled([4, 4, 4], 1_u8), Grid::filled([3, 5, 4], 1_u8));
    let ct = Grid::filled([2, 2, 2], 0.0_f32);
    let maps = CaseMaps {
        reference: &reference,
        prediction: &small,
        ct: Some(&ct),
        affine: &affine,
        n_classes: 0,
        tolerances_mm: &[],
    };
    let message = maps.check().unwrap_err().to_string();
    assert!(message.contains("expected 4x4x4 voxels") && message.contains("found 3x5x4"));
    let found = score_case(&maps);
    assert_eq!(found.confusion.overlap(1).false_negative, 16);
    assert_eq!(found.classes[0].lesions.reference[0].contrast_hu, None);
    for shape in [[0, 3, 3], [3, 0, 3], [3, 3, 0]] {
        let nothing = Grid::filled(shape, 0_u8);
        let maps = CaseMaps { reference: &nothing, prediction: &nothing, ct: None, ..maps };
        assert_eq!(score_case(&maps).foreground.lesions.n_reference, 0);
        assert_eq!(score_case(&CaseMaps { prediction: &small, ..maps }).n_voxels, 0);
    }
}

#[test]
fn the_synthetic_pair_has_every_kind_of_error() {
    let (reference, prediction) = synthetic_pair([96, 96, 40]);
    let found = scores([&reference, &prediction], None, [4.2, 4.2, 7.5]);
    for class in 0..2 {
        let dice = found.confusion.overlap(class + 1).dice().unwrap();
        assert!((0.8..0.99).contains(&dice), "{dice}");
    }
    let deposits = &found.classes[1];
    assert!(listed(&deposits.errors)[..4].iter().all(|&ml| ml > 0.0), "{:?}", deposits.errors);
    assert!(deposits.lesions.n_found > 5 && deposits.lesions.n_missed() > 0);
    let json = serde_json::to_string(&found).unwrap();
    assert_eq!(serde_json::from_str::<super::CaseScores>(&json).unwrap(), found);
}
