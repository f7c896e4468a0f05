//! Every figure with made-up data: few and many settings, long names, one case, equal values.
//!
//! With `SEGLAB_FIGURES` set to a folder, the drawings are left there to be looked at.
//!
//! Does not know about runs.

use super::{
    AgreementPanel, BandAxis, BandPanel, BandSetting, BlandAltman, ClassComponents, ClassHu,
    ErrorRow, ErrorTypes, Forest, ForestGroup, ForestRow, LearningBands, LesionBin, LesionBins,
    LesionPanel, NoiseFigure, NoisePanel, Paired, PairedPanel, PairedRow, ProfileFigure,
    ProfilePanel, RankedSetting, Ranks, ReliabilityBin, ReliabilityCurve, ReliabilityFigure,
    ReliabilityPanel, Stroke, VolumeDice, VolumeDifference, VolumePanel, VolumePoint, bland_altman,
    component_sizes, error_types, forest, hu_by_class,
    inspect::outside,
    learning_bands, lesion_bins, noise_floor, paired, png, ranks, reliability,
    sizes::{SIZES, Size, around, dice, noise},
    slice_profile, volume_dice,
};
use crate::{
    analysis::{CurvePoint, HuHistogram, Verdict},
    base::Result,
};
use std::path::Path;

impl Size {
    fn paired(self) -> Result<Option<String>> {
        let row = |setting: usize, class: usize| {
            let shift = 0.03 * noise(setting * 7 + class) * self.spread;
            let case = |case| shift + 0.08 * noise(case * 31 + setting * 5 + class) * self.spread;
            let differences: Vec<f64> = (0..self.n_cases).map(case).collect();
            let mean = differences.iter().sum::<f64>() / self.n_cases as f64;
            let half = 0.02 * self.spread;
            PairedRow {
                mean: Some(mean),
                interval: (self.n_cases > 1).then_some(around(mean, half)),
                differences,
                n_seeds: self.n_seeds,
            }
        };
        paired(&Paired {
            quantity: dice(),
            baseline: self.setting(0),
            settings: self.settings().collect(),
            panels: self
                .classes()
                .map(|(class_idx, class)| PairedPanel {
                    class,
                    noise: (self.n_seeds > 1).then_some(0.015 * self.spread),
                    rows: (0..self.n_settings).map(|idx| row(idx, class_idx)).collect(),
                })
                .collect(),
        })
    }

    fn forest(self) -> Result<Option<String>> {
        let verdicts =
            [Verdict::Better, Verdict::Worse, Verdict::NotDistinguishable, Verdict::Equivalent];
        let row = |setting: usize, (class_idx, class): (usize, String)| {
            let effect = 0.04 * noise(setting * 3 + class_idx) * self.spread;
            ForestRow {
                class,
                effect: (class_idx != 4).then_some(effect),
                interval: (class_idx != 4).then_some(around(effect, 0.02 * self.spread)),
                noise: (self.n_seeds > 1).then_some(0.012 * self.spread),
                verdict: verdicts[(setting + class_idx) % 4],
                n_cases: self.n_cases,
                n_seeds: self.n_seeds,
            }
        };
        forest(&Forest {
            quantity: dice(),
            baseline: "baseline".into(),
            margin: Some(0.02),
            groups: (0..self.n_settings)
                .map(|idx| ForestGroup {
                    name: self.setting(idx),
                    change: "augment.flip = false, augment.rotate = 0".into(),
                    cost: Some("-12 % time, +3 % memory, +0 % parameters".into()),
                    rows: self.classes().map(|class| row(idx, class)).collect(),
                })
                .collect(),
        })
    }

    fn volume_dice(self) -> Result<Option<String>> {
        let point = |class_idx: usize, case: usize| {
            let size = noise(case * 3 + class_idx) * self.spread;
            let score = 0.6 + 0.25 * size + 0.15 * noise(case + 99);
            let is_missed = case % 9 == 4;
            VolumePoint {
                class_idx,
                volume_ml: 10_f64.powf(1.0 + 1.7 * size),
                score: if is_missed { 0.0 } else { score.min(0.97) },
            }
        };
        volume_dice(&VolumeDice {
            quantity: dice(),
            object: "structure".into(),
            classes: self.classes().map(|(_, name)| name).collect(),
            panels: self
                .classes()
                .map(|(class_idx, name)| VolumePanel {
                    name,
                    rho: (self.n_cases > 2).then_some(0.62),
                    points: (0..self.n_cases).map(|case| point(class_idx, case)).collect(),
                })
                .collect(),
        })
    }

    fn bland_altman(self, difference: VolumeDifference) -> Result<Option<String>> {
        let scale = if difference == VolumeDifference::Percent { 20.0 } else { 3.0 };
        let panel = |(class_idx, class): (usize, String)| AgreementPanel {
            class,
            points: (0..self.n_cases)
                .map(|case| {
                    let mean = 10_f64.powf(1.0 + noise(case * 3 + class_idx) * self.spread);
                    (mean, scale * (0.2 + noise(case * 5 + class_idx)) * self.spread)
                })
                .collect(),
            bias: Some(0.2 * scale * self.spread),
            limits: (self.n_cases > 1)
                .then_some(around(0.2 * scale * self.spread, 1.1 * scale * self.spread)),
        };
        bland_altman(&BlandAltman {
            of: "baseline, the test cases".into(),
            difference,
            panels: self.classes().map(panel).collect(),
        })
    }

    fn reliability(self) -> Result<Option<String>> {
        let curve = |region: usize, (idx, (name, stroke)): (usize, (String, Stroke))| {
            let bin = |bin: usize| {
                let confidence = (bin as f64 + 0.5) / 15.0;
                let is_empty = bin < 4 && region == 0;
                let sag = 0.3 * confidence * (1.0 - confidence) * (1.0 + noise(idx + region));
                ReliabilityBin {
                    confidence: (!is_empty).then_some(confidence),
                    right: (!is_empty).then_some(confidence - sag),
                    share: if is_empty { 0.0 } else { 0.9_f64 * 0.5_f64.powf(14.0 - bin as f64) },
                }
            };
            ReliabilityCurve {
                name,
                stroke,
                ece: Some(0.0412),
                n_voxels: 12_345_678,
                n_cases: self.n_cases,
                bins: (0..15).map(bin).collect(),
            }
        };
        let regions = ["foreground", "boundary band (within 3 mm of the reference's border)"];
        reliability(&ReliabilityFigure {
            of: "the test cases".into(),
            panels: (0..)
                .zip(regions)
                .map(|(region, name)| ReliabilityPanel {
                    name: name.into(),
                    curves: self.settings().enumerate().map(|it| curve(region, it)).collect(),
                })
                .take(if self.n_settings == 1 { 1 } else { 2 })
                .collect(),
        })
    }

    fn error_types(self) -> Result<Option<String>> {
        let part = |seed: usize| (0.1 + noise(seed).abs()).powi(2) * 20.0 * self.spread;
        let row = |idx: usize, class: usize| ErrorRow {
            name: self.setting(idx),
            class: self.class(class),
            parts_ml: [0, 1, 2, 3, 4, 5].map(|kind| part(idx * 11 + class * 3 + kind)),
            n_cases: self.n_cases,
        };
        let rows = (0..self.n_settings)
            .flat_map(|idx| (0..self.n_classes).map(move |class| (idx, class)))
            .map(|(idx, class)| row(idx, class));
        error_types(&ErrorTypes { of: "mean of a test case".into(), rows: rows.collect() })
    }

    fn slice_profile(self) -> Result<Option<String>> {
        let bump = |bin: usize, class: usize| {
            let at = (bin as f64 - 9.5 + 2.0 * noise(class)) / 4.0;
            if self.spread > 0.0 { (-at * at).exp() } else { 1.0 }
        };
        let panel = |(class_idx, class): (usize, String)| ProfilePanel {
            class,
            n_cases: self.n_cases,
            true_positive: (0..20).map(|bin| 30.0 * bump(bin, class_idx)).collect(),
            false_negative: (0..20).map(|bin| 9.0 * bump(bin + 3, class_idx)).collect(),
            false_positive: (0..20).map(|bin| 6.0 * bump(bin / 2, class_idx)).collect(),
            dice: (0..20)
                .map(|bin| (bump(bin, class_idx) > 0.02).then(|| 0.9 * bump(bin, class_idx)))
                .collect(),
        };
        slice_profile(&ProfileFigure {
            of: "baseline, the test cases".into(),
            unit: "mL".into(),
            panels: self.classes().map(panel).collect(),
        })
    }

    fn ranks(self) -> Result<Option<String>> {
        let row = |idx: usize| {
            let mean =
                (idx as f64 + 1.5).min(self.n_settings as f64) * self.spread + 1.0 - self.spread;
            RankedSetting {
                name: self.setting(idx),
                mean,
                interval: Some(around(mean, 0.5 * self.spread)),
            }
        };
        ranks(&Ranks {
            quantity: dice(),
            test: Some("Friedman test of all: p 0.012".into()),
            n_cases: self.n_cases,
            n_seeds: self.n_seeds,
            rows: (0..self.n_settings.max(2)).map(row).collect(),
        })
    }

    fn learning_bands(self) -> Result<Option<String>> {
        let n_epochs = if self.n_cases == 1 { 1 } else { 40 };
        let curve = |idx: usize, of: &dyn Fn(f64) -> f64| -> Vec<CurvePoint> {
            (1..=n_epochs)
                .map(|epoch| {
                    let mean = of(epoch as f64 / (5.0 + idx as f64));
                    let half = 0.1 * mean * (1.0 + 0.3 * noise(epoch * 7 + idx));
                    CurvePoint { epoch, mean, low: mean - half, high: mean + half }
                })
                .collect()
        };
        let settings = self.settings().map(|(name, stroke)| BandSetting {
            name,
            stroke,
            n_seeds: self.n_seeds,
        });
        let indices = || 0..self.n_settings;
        learning_bands(&LearningBands {
            of: "experiment sts".into(),
            band: "lowest to highest seed".into(),
            settings: settings.collect(),
            panels: vec![
                BandPanel {
                    heading: "Training loss".into(),
                    axis: BandAxis::Loss,
                    curves: indices()
                        .map(|idx| curve(idx, &|at| 1.6 * (-at).exp() + 0.02))
                        .collect(),
                },
                BandPanel {
                    heading: format!(
                        "Validation Dice, mean of the foreground, n {} cases",
                        self.n_cases
                    ),
                    axis: BandAxis::Dice,
                    curves: indices()
                        .map(|idx| curve(idx, &|at| 0.85 - 0.8 * (-at).exp()))
                        .collect(),
                },
            ],
        })
    }

    fn noise_floor(self) -> Result<Option<String>> {
        let run = |group: usize, class: usize, seed: usize| {
            0.7 + 0.02 * noise(group * 13 + class * 5 + seed) * self.spread
        };
        let n_seeds = self.n_seeds.max(2);
        noise_floor(&NoiseFigure {
            quantity: dice(),
            groups: self.settings().map(|(name, _)| name).collect(),
            panels: self
                .classes()
                .map(|(class_idx, class)| NoisePanel {
                    class,
                    pooled_sd: Some(0.011 * self.spread),
                    half_width: Some(0.024 * self.spread),
                    seed_means: (0..self.n_settings)
                        .map(|group| (0..n_seeds).map(|seed| run(group, class_idx, seed)).collect())
                        .collect(),
                })
                .collect(),
        })
    }

    fn lesion_bins(self) -> Result<Option<String>> {
        let labels = ["< 1 mL", "1 to 10 mL", "10 to 100 mL", "> 100 mL"];
        let bin = |class: usize, (idx, label): (usize, &str)| LesionBin {
            label: label.into(),
            found: (4.0 + 3.0 * noise(class + idx) * self.spread + idx as f64).round(),
            missed: (4.0 + noise(class * 3 + idx) - 1.5 * idx as f64).max(0.0).round(),
        };
        lesion_bins(&LesionBins {
            of: "baseline, the test cases".into(),
            criterion: "the prediction touches it (26-connected)".into(),
            panels: self
                .classes()
                .map(|(class_idx, name)| LesionPanel {
                    name,
                    n_cases: self.n_cases,
                    bins: labels.iter().copied().enumerate().map(|it| bin(class_idx, it)).collect(),
                })
                .collect(),
        })
    }

    #[expect(clippy::cast_possible_truncation, reason = "a whole number of three digits")]
    fn hu_by_class(self) -> Result<Option<String>> {
        let voxel = |class: usize, idx: usize| {
            (60.0 * class as f64 + 90.0 * self.spread * noise(class * 911 + idx)).round() as f32
        };
        let histograms = self.classes().map(|(class, name)| {
            let hu: Vec<f32> = (0..2000).map(|idx| voxel(class, idx)).collect();
            (name, HuHistogram::of(&hu))
        });
        let histograms: Vec<(String, HuHistogram)> = histograms.collect();
        let classes: Vec<ClassHu<'_>> = histograms
            .iter()
            .map(|(class, histogram)| ClassHu { class, said: "AUC 0.712".into(), histogram })
            .collect();
        hu_by_class(&classes, "12 cases")
    }

    fn component_sizes(self) -> Result<Option<String>> {
        let ml = |class: usize, idx: usize| (3.0 * self.spread * noise(class * 17 + idx)).exp();
        let names: Vec<(usize, String)> = self.classes().collect();
        let classes: Vec<ClassComponents<'_>> = names
            .iter()
            .map(|(class, name)| ClassComponents {
                class: name,
                ml: (0..3 * self.n_cases).map(|idx| ml(*class, idx)).collect(),
            })
            .collect();
        component_sizes(&classes, "12 cases")
    }

    fn all(self) -> Vec<(&'static str, Result<Option<String>>)> {
        vec![
            ("paired", self.paired()),
            ("forest", self.forest()),
            ("volume-dice", self.volume_dice()),
            ("bland-altman", self.bland_altman(VolumeDifference::Millilitres)),
            ("bland-altman-percent", self.bland_altman(VolumeDifference::Percent)),
            ("reliability", self.reliability()),
            ("error-types", self.error_types()),
            ("slice-profile", self.slice_profile()),
            ("ranks", self.ranks()),
            ("learning-bands", self.learning_bands()),
            ("noise-floor", self.noise_floor()),
            ("lesion-bins", self.lesion_bins()),
            ("hu-by-class", self.hu_by_class()),
            ("component-sizes", self.component_sizes()),
        ]
    }
}

#[test]
fn every_figure_stays_within_its_edges_and_is_well_formed() {
    let folder = std::env::var_os("SEGLAB_FIGURES");
    for size in SIZES {
        for (name, drawn) in size.all() {
            let svg = drawn.unwrap().unwrap_or_else(|| panic!("{name} of {}", size.name));
            assert_eq!(outside(&svg), Vec::<String>::new(), "{name} of {}", size.name);
            assert!(!svg.contains("NaN"), "{name} of {}", size.name);
            assert!(svg.len() < 600_000, "{name} of {}: {} bytes", size.name, svg.len());
            if let Some(folder) = &folder {
                let path = Path::new(folder).join(format!("{}-{name}", size.name));
                crate::base::fs::create_folder(Path::new(folder)).unwrap();
                crate::base::fs::write_atomic(&path.with_extension("svg"), svg.as_bytes()).unwrap();
                let picture = png(&svg).unwrap();
                crate::base::fs::write_atomic(&path.with_extension("png"), &picture).unwrap();
            }
        }
    }
}
