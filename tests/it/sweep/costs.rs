//! What a sweep is said to take, before anything of it runs.

use crate::support::sandbox::{Sandbox, TINY};
use seglab::{data::dataset::Reading, run::DataSets, spec, sweep};
use serde_json::Value;
use std::{collections::BTreeSet, sync::Arc};

const WIDTHS: &str = "\n[sweep]\nseeds = [1, 2]\naxes.\"model.widths\" = [[2, 4], [4, 8]]\n\
    axes.\"schedule.max-lr\" = [1e-3, 3e-3]\n";

fn plan(sandbox: &Sandbox, more: &[&str]) -> (Value, String) {
    let arguments = ["sweep", "plan", "costs.toml", "--devices", "cpu", "--json"];
    let ended = sandbox.run(&[&arguments, more].concat()).succeeds();
    (serde_json::from_str(&ended.stdout).unwrap(), ended.stderr)
}

fn sandbox(sweep: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("costs.toml", &(TINY.to_owned() + sweep));
    sandbox
}

#[test]
fn each_kind_of_cell_is_measured_once_and_remembered() {
    let sandbox = sandbox(WIDTHS);
    let (unknown, _) = plan(&sandbox, &["--no-calibrate"]);
    assert_eq!(
        (&unknown["predicted"]["known"], &unknown["cells"][0]["cost"]),
        (&0.into(), &Value::Null)
    );

    let (measured, told) = plan(&sandbox, &[]);
    assert!(told.contains("calibrating 1 of 2") && told.contains("calibrating 2 of 2"), "{told}");
    let cells = measured["cells"].as_array().unwrap();
    assert_eq!((cells.len(), &measured["predicted"]["known"]), (8, &8.into()));
    let part = |cell: &Value, name: &str| cell["cost"][name].as_f64().unwrap();
    for cell in cells {
        // Rates and seeds cost nothing.
        let like = cells
            .iter()
            .find(|it| it["settings"]["model.widths"] == cell["settings"]["model.widths"]);
        assert_eq!(cell["cost"], like.unwrap()["cost"]);
        assert!((0.01..60.0).contains(&part(cell, "seconds")), "{cell}");
        assert!((1e7..4e9).contains(&part(cell, "memory-bytes")), "{cell}");
        assert_eq!(cell["cost"]["device-bytes"], Value::Null);
    }
    // Four times the weights to save.
    assert!(part(&cells[2], "disk-bytes") > part(&cells[0], "disk-bytes"));
    let sum: f64 = cells.iter().map(|cell| part(cell, "seconds")).sum();
    assert!((measured["predicted"]["seconds"].as_f64().unwrap() - sum).abs() < 1e-6);

    let (again, told) = plan(&sandbox, &[]);
    assert!(!told.contains("calibrating"), "{told}");
    assert_eq!(again, measured);
    // Two at once have half the cores each, and another pace where there are several.
    let (two, _) = plan(&sandbox, &["--no-calibrate", "--jobs", "2"]);
    assert_eq!(two["predicted"]["slots"], 2);
}

#[test]
fn a_plan_predicts_from_finished_runs() {
    let sandbox = sandbox("\n[sweep]\naxes.\"schedule.max-lr\" = [1e-3, 3e-3]\n");
    sandbox.run(&["run", "tiny.toml", "--device", "cpu"]).succeeds();
    let (known, told) = plan(&sandbox, &["--no-calibrate", "--set", "name=tiny"]);
    let cost = &known["cells"][0]["cost"];
    assert!(cost["seconds"].as_f64().is_some_and(|seconds| seconds > 0.0), "{known} {told}");
    assert_eq!((&cost["memory-bytes"], cost), (&Value::Null, &known["cells"][1]["cost"]));
    // More epochs are another thing.
    let (unknown, _) =
        plan(&sandbox, &["--no-calibrate", "--set", "name=tiny", "--set", "train.epochs=3"]);
    assert_eq!(unknown["cells"][0]["cost"], Value::Null);
}

#[test]
fn a_plan_does_not_need_the_data() {
    let sandbox = sandbox(WIDTHS);
    let (planned, told) = plan(&sandbox, &["--set", "data.root=nowhere"]);
    assert_eq!(planned["cells"].as_array().unwrap().len(), 8);
    assert!(told.contains("nothing is predicted") && told.contains("nowhere"), "{told}");
}

#[test]
fn cells_that_share_a_data_set_are_named_as_each_alone() {
    let sandbox = sandbox(WIDTHS);
    plan(&sandbox, &["--no-calibrate"]);
    let root = format!("data.root={}", sandbox.path("data").display());
    let loaded = spec::load(&sandbox.path("costs.toml"), &[root]).unwrap();
    let mut shared = DataSets::of(&loaded, Reading::default());
    let cells = sweep::plan(&loaded).unwrap().cells;
    for cell in &cells {
        let alone = DataSets::of(&loaded, Reading::default()).plan(&cell.experiment).unwrap();
        assert_eq!(shared.digest(&cell.experiment).unwrap(), alone.digest(&cell.experiment));
        let planned = shared.plan(&cell.experiment).unwrap();
        assert_eq!(planned.parts, alone.parts);
        // Another seed has another split, and the same data.
        assert!(Arc::ptr_eq(&planned.dataset, &shared.plan(&cells[0].experiment).unwrap().dataset));
    }
    let digests: BTreeSet<String> =
        cells.iter().map(|cell| shared.digest(&cell.experiment).unwrap()).collect();
    assert_eq!(digests.len(), cells.len());
}
