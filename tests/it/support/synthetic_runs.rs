//! [`tables`]: runs that were never trained, for everything that shows runs.

use seglab::{
    analysis::{CaseRow, EpochRow, Mean, RunRow, RunState, ScoreRow, Split, Tables},
    event::WholeCase,
    metric::{
        Calibration, ErrorParts, LesionScores, MaskScores, N_PROFILE_BINS, Nsd, ReferenceLesion,
        Reliability, ReliabilityBin, SliceProfile, SurfaceScores,
    },
};

/// Classes of every synthetic run.
pub(crate) const CLASSES: [&str; 3] = ["background", "primary", "metastasis"];

/// Tables of this many runs, 40 epochs and 9 cases each; some values are missing.
pub(crate) fn tables(n_runs: usize) -> Tables {
    let mut tables = Tables::default();
    for run_idx in 0..n_runs {
        let scores = scores(run_idx);
        tables.runs.push(run(run_idx, &scores));
        tables.epochs.extend((1..=40).map(|epoch| epoch_row(run_idx, epoch)));
        tables.scores.extend(scores);
    }
    tables
}

fn id(run_idx: usize) -> String {
    let name = ["baseline", "dice-foreground", "no-augmentation", "squeeze-excitation-off"];
    let seed = run_idx / name.len() + 1;
    format!("{}-f0-s{seed}-{run_idx:08x}", name[run_idx % name.len()])
}

/// Spread without chance: the fractional parts of multiples of the golden ratio.
fn spread(place: usize) -> f64 {
    (place as f64 * 0.618_033_988_749_895).fract()
}

fn run(run_idx: usize, scores: &[ScoreRow]) -> RunRow {
    let mean_of = |class: usize| {
        let dice = scores.iter().map(|row| &row.score).filter(|score| score.class == class);
        let dice: Vec<f64> = dice.filter_map(|score| score.dice).collect();
        Mean { mean: Some(dice.iter().sum::<f64>() / dice.len() as f64), n: dice.len() }
    };
    let valid_dice: Vec<Mean> = (0..3).map(mean_of).collect();
    let foreground = valid_dice[1..].iter().filter_map(|mean| mean.mean).sum::<f64>() / 2.0;
    let settings = [
        ("augment.flip.p", if run_idx % 4 == 2 { "0.0" } else { "0.5" }),
        ("loss.dice.background", if run_idx % 4 == 1 { "false" } else { "true" }),
        ("model.squeeze-excitation", if run_idx % 4 == 3 { "0" } else { "16" }),
        ("optimizer.kind", "\"adamw\""),
        ("train.epochs", "40"),
    ];
    RunRow {
        experiment: "dice-foreground".into(),
        run: id(run_idx),
        question: "Does foreground-only Dice loss find more metastases?".into(),
        asked: None,
        status: RunState::Finished,
        reason: None,
        failure: None,
        fold: 0,
        seed: (run_idx / 4 + 1) as u64,
        extends: None,
        bases: Vec::new(),
        setting: None,
        parent: None,
        settings: settings.map(|(key, value)| (key.into(), value.into())).into(),
        classes: CLASSES.map(Into::into).into(),
        n_parameters: Some(1_382_333),
        n_cases: Some([21, 9, 0]),
        epochs: 40,
        epochs_asked: 40,
        steps: 840,
        memory_bytes: Some(300_000_000 + run_idx as u64),
        seconds_per_case: Some(1.5),
        best_epoch: Some(30 + run_idx % 8),
        best_monitored: Some(foreground),
        valid_foreground: Mean { mean: Some(foreground), n: valid_dice[1].n + valid_dice[2].n },
        valid_dice,
        test_dice: vec![Mean::default(); 3],
        test_foreground: Mean::default(),
        valid_accuracy: Some(0.98),
        valid_confusion: vec![
            vec![9_800_000, 12_000, 9_000 + run_idx as u64],
            vec![40_000, 110_000, 300],
            vec![9_000, 0, 12_345],
        ],
        seconds: 1234.5 + 97.0 * run_idx as f64,
        created: "2026-01-02T03:04:05Z".into(),
        commit: Some("0123456789abcdef0123456789abcdef01234567".into()),
        dirty: run_idx == 1,
        device: Some("cpu (flex), 2 threads".into()),
        data_fingerprint: Some("5f3c9a10".into()),
        packed_fingerprint: None,
        split_fingerprint: Some("77aa00ee".into()),
        score_definitions: Some(1),
        overlays: vec![("worst-case_003.png".into(), PNG.into())],
    }
}

fn epoch_row(run_idx: usize, epoch: usize) -> EpochRow {
    let done = epoch as f64 / 40.0;
    let noise = 0.04 * spread(epoch * 7 + run_idx * 3);
    let skill = 1.0 - (-4.0 * done).exp() + noise;
    let height = 0.55 + 0.03 * (run_idx % 7) as f64;
    // The second run does not find metastases until its twelfth epoch.
    let is_found = run_idx != 1 || epoch > 12;
    let dice = [Some(0.98), Some(height * skill), is_found.then_some(0.7 * height * skill)];
    EpochRow {
        run: id(run_idx),
        epoch,
        step: epoch * 21,
        train_loss: 1.4 - 0.9 * skill + 0.02 * run_idx as f64,
        valid_loss: Some(1.5 - 0.8 * skill + 0.02 * run_idx as f64),
        lr: 1e-3 * (std::f64::consts::PI * done).sin().abs().max(4e-5),
        dice: dice.into(),
        dice_foreground: Some(0.85 * height * skill),
        is_best: epoch == 30 + run_idx % 8,
    }
}

fn scores(run_idx: usize) -> Vec<ScoreRow> {
    let mut rows = Vec::new();
    for case_idx in 0..9 {
        for (class, name) in CLASSES.into_iter().enumerate() {
            // The last case holds no metastasis, and only some runs see one there.
            let is_empty = class == 2 && case_idx == 8;
            let height = [0.98, 0.9, 0.75][class] - 0.02 * (run_idx % 5) as f64;
            let dice =
                height - 0.35 * spread(case_idx * 5 + class + run_idx) * f64::from(class > 0);
            let dice = (!is_empty).then_some(dice);
            let score = CaseRow {
                case: format!("case_{case_idx:03}"),
                split: Split::Valid,
                class,
                class_name: name.into(),
                epoch: 30 + run_idx % 8,
                true_positive: 4000,
                false_positive: 800,
                false_negative: 900,
                dice,
                iou: dice.map(|dice| dice / (2.0 - dice)),
                precision: dice.map(|dice| dice * 0.97),
                recall: dice,
                reference_ml: if is_empty { 0.0 } else { 12.5 * (case_idx + 1) as f64 },
                prediction_ml: if is_empty { 0.0 } else { 11.25 * (case_idx + 1) as f64 },
                ceiling_dice: dice.map(|_| 0.96 - 0.03 * class as f64),
                predicted_as: vec![900, 4000, 0],
                specificity: dice.map(|_| 0.999),
                space: (class > 0).then(|| space(case_idx, dice)),
                whole: (class == 0).then(|| whole(case_idx, dice)),
            };
            rows.push(ScoreRow { run: id(run_idx), score });
        }
    }
    rows
}

/// What is said in space of a class: two lesions, of which the smaller is missed in some cases.
fn space(case_idx: usize, dice: Option<f64>) -> MaskScores {
    let wrong = 3.0 * spread(case_idx * 3);
    let lesion = |ml: f64, found: f64| ReferenceLesion {
        ml,
        found,
        contrast_hu: Some(30.0 + case_idx as f64),
        position: 0.1 + 0.08 * case_idx as f64,
        border_mm: 20.0,
    };
    let is_missed = case_idx.is_multiple_of(3);
    let lesions = if dice.is_none() {
        LesionScores::default()
    } else {
        LesionScores {
            n_reference: 2,
            n_prediction: 2,
            n_found: 2 - usize::from(is_missed),
            n_false: usize::from(is_missed),
            reference: vec![lesion(12.0, 0.8), lesion(0.5, if is_missed { 0.0 } else { 0.6 })],
            false_ml: if is_missed { vec![0.3] } else { vec![] },
        }
    };
    MaskScores {
        surface: SurfaceScores {
            hd_mm: dice.map(|dice| 40.0 * (1.1 - dice)),
            hd95_mm: dice.map(|dice| 20.0 * (1.1 - dice)),
            assd_mm: dice.map(|dice| 5.0 * (1.1 - dice)),
            nsd: [1.0, 2.0]
                .map(|tolerance_mm| Nsd { tolerance_mm, share: dice.map(|it| it.powf(0.5)) })
                .into(),
            boundary_iou: dice.map(|dice| dice * 0.7),
        },
        lesions,
        errors: ErrorParts {
            class_swaps_ml: 0.1 * wrong,
            missed_lesions_ml: if is_missed { 0.5 } else { 0.0 },
            false_lesions_ml: if is_missed { 0.3 } else { 0.0 },
            within_voxel_ml: wrong,
            within_3mm_ml: 0.5 * wrong,
            beyond_ml: 0.2 * wrong,
        },
        profile: SliceProfile {
            bins: (0..N_PROFILE_BINS as u64).map(|bin| [bin * (19 - bin), bin, 19 - bin]).collect(),
        },
    }
}

fn whole(case_idx: usize, dice: Option<f64>) -> WholeCase {
    let bin = |bin_idx: usize| ReliabilityBin {
        n: 100 * (bin_idx as u64 + 1),
        confidence_sum: 100.0 * (bin_idx + 1) as f64 * (bin_idx as f64 + 0.5) / 15.0,
        n_right: 90 * (bin_idx as u64 + 1) * bin_idx as u64 / 15,
    };
    let reliability =
        || Reliability { bins: (0..15).map(bin).collect(), brier_sum: 900.0 + case_idx as f64 };
    WholeCase {
        n_voxels: 128 * 128 * 60,
        spacing_mm: [1.5, 1.5, 3.0],
        diagonal_mm: 325.7,
        true_positive: 4000,
        false_positive: 800,
        false_negative: 900,
        dice: Some(0.82),
        foreground: space(case_idx, dice),
        calibration: Some(Calibration { foreground: reliability(), band: reliability() }),
    }
}

/// One grey pixel.
pub(crate) const PNG: &[u8] = &[
    0x89, b'P', b'N', b'G', 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 0x0D, b'I', b'H', b'D', b'R', 0, 0, 0,
    1, 0, 0, 0, 1, 8, 0, 0, 0, 0, 0x3A, 0x7E, 0x9B, 0x55, 0, 0, 0, 0x0A, b'I', b'D', b'A', b'T',
    0x78, 0x9C, 0x63, 0x68, 0, 0, 0, 0x82, 0, 0x81, 0x77, 0xCD, 0x72, 0xB6, 0, 0, 0, 0, b'I', b'E',
    b'N', b'D', 0xAE, 0x42, 0x60, 0x82,
];
