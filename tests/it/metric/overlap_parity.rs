//! Dice, IoU, precision and recall against the reference cases.

use crate::support::golden;
use seglab::metric::{Confusion, Overlap};
use serde_json::Value;

fn mask(indices: &Value, n: usize) -> Vec<u8> {
    let mut mask = vec![0; n];
    for index in indices.as_array().unwrap() {
        mask[index.as_u64().unwrap() as usize] = 1;
    }
    mask
}

/// 30 small masks, among them empty ones: undefined is null there and `None` here.
#[test]
fn masks_score_as_scipy_and_by_hand() {
    let golden = golden::json("metrics.json");
    let cases = golden["cases"].as_object().unwrap();
    assert_eq!(cases.len(), 30);
    for (name, case) in cases {
        let n: f64 = golden::numbers(&case["shape"]).iter().product();
        let (reference, prediction) =
            (mask(&case["ref"], n as usize), mask(&case["pred"], n as usize));
        let overlap = Confusion::of(&reference, &prediction, 2).overlap(1);
        assert_eq!(overlap.true_positive, case["tp"].as_u64().unwrap(), "{name}");
        assert_eq!(overlap.false_positive, case["fp"].as_u64().unwrap(), "{name}");
        assert_eq!(overlap.false_negative, case["fn"].as_u64().unwrap(), "{name}");
        golden::same(overlap.dice(), &case["dice"], name);
        golden::same(overlap.iou(), &case["iou"], name);
        golden::same(overlap.precision(), &case["precision"], name);
        golden::same(overlap.recall(), &case["recall"], name);
    }
}

/// The counts of real label maps, and the Dice and IoU that follow.
#[test]
fn counts_of_real_label_maps_give_their_scores() {
    let golden = golden::json("metrics_real.json");
    let mut n_scored = 0;
    for (name, case) in golden.as_object().unwrap() {
        let count = |key: &str| case[key].as_u64();
        let (Some(true_positive), Some(false_positive), Some(false_negative)) =
            (count("tp"), count("fp"), count("fn"))
        else {
            continue;
        };
        let overlap = Overlap { true_positive, false_positive, false_negative };
        golden::same(overlap.dice(), &case["dice"], name);
        golden::same(overlap.iou(), &case["iou"], name);
        n_scored += 1;
    }
    assert!(n_scored >= 8, "{n_scored} cases were scored");
}
