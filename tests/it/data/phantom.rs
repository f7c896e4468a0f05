//! What the brightness of the phantom alone gives away.

use seglab::{data::phantom::generate, spec::Phantom};

/// The best mean Dice, over the cases that have the class, of one HU band for all; and the band.
fn best_band(rules: &Phantom, class: u8) -> (f64, [i16; 2]) {
    let edges: Vec<i16> = (-300..400).step_by(4).collect();
    let cases: Vec<_> = (0..rules.cases)
        .map(|case_idx| below_edges(rules, case_idx, class, &edges))
        .filter(|below| below.iter().any(|&[of_class, _, _]| of_class > 0))
        .collect();
    let mut best = (0.0, [0, 0]);
    for lower in 0..edges.len() {
        for upper in lower + 1..edges.len() {
            let dice = |below: &Vec<[u32; 3]>| {
                let n_both = below[upper][0] - below[lower][0];
                let n_band = below[upper][1] - below[lower][1];
                2.0 * f64::from(n_both) / f64::from(n_band + below[0][2])
            };
            let mean = cases.iter().map(dice).sum::<f64>() / cases.len() as f64;
            if mean > best.0 {
                best = (mean, [edges[lower], edges[upper]]);
            }
        }
    }
    best
}

/// Per edge: voxels of the class below it, voxels of any class below it, voxels of the class.
fn below_edges(rules: &Phantom, case_idx: usize, class: u8, edges: &[i16]) -> Vec<[u32; 3]> {
    let (volume, labels) = generate(rules, case_idx);
    let sorted = |wanted: &dyn Fn(u8) -> bool| {
        let voxels = volume.voxels.values().iter().zip(labels.voxels.values());
        let mut hu: Vec<f32> =
            voxels.filter(|&(_, &label)| wanted(label)).map(|(&hu, _)| hu).collect();
        hu.sort_by(f32::total_cmp);
        hu
    };
    let (of_class, of_all) = (sorted(&|label| label == class), sorted(&|_| true));
    let below = |hu: &[f32], edge: i16| {
        u32::try_from(hu.partition_point(|&hu| hu < f32::from(edge))).unwrap()
    };
    edges
        .iter()
        .map(|&edge| [below(&of_class, edge), below(&of_all, edge), below(&of_class, i16::MAX)])
        .collect()
}

#[test]
fn no_hu_band_finds_the_tumours() {
    let rules = Phantom { cases: 12, shape: [48, 48, 20], seed: 7 };
    for class in [1, 2] {
        let (dice, band) = best_band(&rules, class);
        assert!(dice > 0.05 && dice < 0.5, "class {class}: Dice {dice:.3} in {band:?} HU");
    }
}
