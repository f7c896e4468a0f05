//! Surface distances and lesions against the reference cases.

use crate::support::golden;
use seglab::{
    data::{
        geometry::{Affine, Spacing},
        volume::Grid,
    },
    metric::{CaseMaps, LesionScores, MaskScores, score_case},
};
use serde_json::Value;

fn check_surface(scores: &MaskScores, case: &Value, name: &str) {
    let surface = &scores.surface;
    golden::same(surface.hd_mm, &case["hd"], &format!("{name} hd"));
    golden::same(surface.hd95_mm, &case["hd95"], &format!("{name} hd95"));
    golden::same(surface.assd_mm, &case["assd"], &format!("{name} assd"));
    let n_empty = ["ref", "pred"].iter().filter(|side| case[side] == Value::Array(vec![])).count();
    for nsd in &surface.nsd {
        match n_empty {
            // The reference file has no share where either mask is empty; a missed or made-up
            // structure has one here, the worst.
            1 => assert_eq!(nsd.share, Some(0.0), "{name}"),
            _ => golden::same(nsd.share, &case["nsd"][format!("{}", nsd.tolerance_mm)], name),
        }
    }
}

fn check_lesions(scores: &LesionScores, case: &Value, voxel_ml: f64, name: &str) {
    let expected = &case["lesions"];
    let count = |key: &str| expected[key].as_u64().unwrap() as usize;
    assert_eq!(scores.n_reference, count("n_ref"), "{name}");
    assert_eq!(scores.n_prediction, count("n_pred"), "{name}");
    assert_eq!(scores.n_found, count("ref_detected"), "{name}");
    assert_eq!(scores.n_missed(), count("ref_missed"), "{name}");
    assert_eq!(scores.n_prediction - scores.n_false, count("pred_true"), "{name}");
    assert_eq!(scores.n_false, count("pred_false"), "{name}");
    golden::same(scores.sensitivity(), &expected["sensitivity"], name);
    golden::same(scores.precision(), &expected["precision"], name);
    let sizes = golden::numbers(&expected["ref_sizes"]);
    let found: Vec<f64> = scores.reference.iter().rev().map(|lesion| lesion.ml).collect();
    assert_eq!(found.len(), sizes.len(), "{name}");
    for (found, size) in found.iter().zip(sizes) {
        assert!((found - size * voxel_ml).abs() < 1e-9, "{name}: {found} mL");
    }
}

/// 30 small masks: made by hand, blobs and noise, some of them empty, some on the border.
#[test]
fn masks_score_in_space_as_scipy_and_by_hand() {
    let golden = golden::json("metrics.json");
    let cases = golden["cases"].as_object().unwrap();
    assert_eq!(cases.len(), 30);
    for (name, case) in cases {
        let shape = golden::numbers(&case["shape"]);
        let shape = [0, 1, 2].map(|axis: usize| shape[axis] as usize);
        let spacing = golden::numbers(&case["spacing_mm"]);
        let affine = Affine::diagonal(Spacing([spacing[0], spacing[1], spacing[2]]));
        let [reference, prediction] = ["ref", "pred"].map(|side| {
            let mut labels = Grid::filled(shape, 0_u8);
            for index in golden::numbers(&case[side]) {
                labels.values_mut()[index as usize] = 1;
            }
            labels
        });
        let found = score_case(&CaseMaps {
            reference: &reference,
            prediction: &prediction,
            ct: None,
            affine: &affine,
            n_classes: 2,
            tolerances_mm: &[1.0, 2.0, 3.0],
        });
        let overlap = found.confusion.overlap(1);
        assert_eq!(overlap.true_negative(found.n_voxels), case["tn"].as_u64().unwrap(), "{name}");
        let volumes = [overlap.n_reference(), overlap.n_prediction()];
        for (n, key) in volumes.into_iter().zip(["volume_ref_ml", "volume_pred_ml"]) {
            golden::same(Some(n as f64 * found.voxel_ml), &case[key], name);
        }
        golden::same(Some(found.diagonal_mm), &case["diagonal_mm"], name);
        let wrong = (overlap.false_positive + overlap.false_negative) as f64 * found.voxel_ml;
        assert!((found.foreground.errors.total_ml() - wrong).abs() < 1e-12, "{name}");
        for scores in [&found.classes[0], &found.foreground] {
            check_surface(scores, case, name);
            check_lesions(&scores.lesions, case, found.voxel_ml, name);
        }
    }
}
