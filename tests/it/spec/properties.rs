//! Any text as a spec: an experiment or faults with a place, never a panic; and values that are
//! written and read back.

use crate::spec::loading::LEAST;
use proptest::prelude::*;
use seglab::spec::{self, RunId, bytes, duration, load_resolved};
use std::time::Duration;

/// A key that exists, with a value that it may or may not take.
fn setting() -> impl Strategy<Value = (String, String)> {
    let keys: Vec<String> = spec::listing().into_iter().map(|row| row.key).collect();
    let value = prop_oneof![
        any::<i64>().prop_map(|number| number.to_string()),
        any::<f64>().prop_map(|number| format!("{number:?}")),
        any::<bool>().prop_map(|flag| flag.to_string()),
        "[a-z0-9/-]{0,12}".prop_map(|text| format!("'{text}'")),
        Just("'grid'".to_owned()),
        Just("'holdout'".to_owned()),
        Just("[]".to_owned()),
        Just("[1, 'a', { kind = 'x' }]".to_owned()),
        Just("{ from = 1, to = 2, steps = 3 }".to_owned()),
        Just("2020-01-01".to_owned()),
        "[\\[\\]{}=,'\"#.a1 ]{0,8}",
    ];
    (prop::sample::select(keys), value)
}

fn is_an_experiment_or_has_faults_with_a_place(text: &str) {
    match load_resolved(text) {
        Ok(experiment) => assert_eq!(load_resolved(&experiment.to_toml()).unwrap(), experiment),
        Err(error) => {
            assert!(!error.faults.is_empty());
            assert!(error.faults.iter().all(|fault| fault.place.is_some()), "{error}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

    #[test]
    fn any_text_is_a_spec_or_refused(text in "(?s).{0,200}") {
        is_an_experiment_or_has_faults_with_a_place(&text);
    }

    #[test]
    fn any_settings_are_a_spec_or_refused(
        settings in prop::collection::vec(setting(), 0..6),
        has_least in any::<bool>(),
    ) {
        let lines: Vec<String> =
            settings.into_iter().map(|(key, value)| format!("{key} = {value}\n")).collect();
        let rest = if has_least { LEAST } else { "" };
        let text = format!("name = 'a'\n{}{rest}", lines.concat());
        is_an_experiment_or_has_faults_with_a_place(&text);
    }

    #[test]
    fn a_run_id_is_read_back(name in "[a-z0-9][a-zA-Z0-9_-]{0,20}", fold: usize, seed: u64, digest: u32) {
        let text = format!("name = '{name}'\n{LEAST}");
        let id = RunId::new(&load_resolved(&text).unwrap(), fold, seed, &format!("{digest:08x}"));
        prop_assert_eq!(id.to_string().parse::<RunId>().unwrap(), id);
    }

    #[test]
    fn a_size_is_read_back(number in 1_u64..1000, unit in prop::sample::select(UNITS.to_vec())) {
        let (name, factor) = unit;
        prop_assert_eq!(bytes(&format!("{number} {name}")), Some(number * factor));
        prop_assert_eq!(bytes(&format!("{number}{name}")), Some(number * factor));
    }

    #[test]
    fn a_duration_is_read_back(seconds in 1_u64..10_000_000) {
        let time = Duration::from_secs(seconds);
        prop_assert_eq!(duration(&humantime(time)), Some(time));
    }

    #[test]
    fn any_text_is_a_size_or_a_duration_or_neither(text in ".{0,30}") {
        let _ = (bytes(&text), duration(&text));
    }
}

const UNITS: [(&str, u64); 9] = [
    ("B", 1),
    ("kB", 1000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("TB", 1_000_000_000_000),
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("TiB", 1 << 40),
];

/// As people write it: `2h 5m 7s`.
fn humantime(time: Duration) -> String {
    let seconds = time.as_secs();
    format!("{}h {}m {}s", seconds / 3600, seconds / 60 % 60, seconds % 60)
}
