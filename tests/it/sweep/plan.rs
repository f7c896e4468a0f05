//! A sweep from its spec to its cells: axes, seeds, folds, what is left out, what is wrong.

use crate::spec::loading::{LEAST, folder, load_text};
use clap::Parser;
use seglab::{
    base::Result,
    cli::Arguments,
    spec::{Schedule, SplitRule, digest, load_resolved},
    sweep::{self, Plan},
};
use serde_json::Value;
use std::{collections::BTreeSet, fmt::Write};

fn plan(text: &str) -> Result<Plan> {
    sweep::plan(&load_text(&format!("{LEAST}{text}"), &[])?)
}

fn words(plan: &Plan) -> Vec<String> {
    plan.cells.iter().map(|cell| plan.words(cell)).collect()
}

fn faults(text: &str) -> Vec<String> {
    let error = plan(text).unwrap_err();
    assert_eq!(error.code.exit_code(), 2);
    error.faults.iter().map(|fault| fault.message.clone()).collect()
}

fn seglab(arguments: &[&str]) -> Result<String> {
    let mut out = Vec::new();
    let arguments = Arguments::try_parse_from(["seglab"].iter().chain(arguments)).unwrap();
    arguments.run(&mut out)?;
    Ok(String::from_utf8(out).unwrap())
}

#[test]
fn every_setting_has_its_first_seed_and_fold_before_any_has_its_second() {
    let text = "[split]\nkind = 'k-fold'\nfolds = 3\n[sweep]\nseeds = [7, 8]\nfolds = [0, 2]\n\
        axes.\"schedule.max-lr\" = [1e-3, 3e-3]\naxes.loss.dice.background = [true, false]\n";
    let plan = plan(text).unwrap();
    assert_eq!((plan.n_settings, plan.n_seeds, plan.n_folds), (4, 2, 2));
    let expected = [
        "background = true, max-lr = 0.001, seed 7, fold 0",
        "background = true, max-lr = 0.003, seed 7, fold 0",
        "background = false, max-lr = 0.001, seed 7, fold 0",
        "background = false, max-lr = 0.003, seed 7, fold 0",
        "background = true, max-lr = 0.001, seed 7, fold 2",
    ];
    assert_eq!(words(&plan)[..5], expected);
    assert_eq!(plan.cells.len(), 16);
    for (idx, cell) in plan.cells.iter().enumerate() {
        assert_eq!(cell.number, idx);
        assert_eq!((cell.experiment.seed, cell.seed), (cell.seed, [7, 8][idx / 8]));
        let split = SplitRule::KFold { folds: 3, fold: [0, 2][idx / 4 % 2], seed: Some(42) };
        assert_eq!(cell.experiment.split, split);
        assert_eq!(cell.experiment.sweep, None);
        let Schedule::OneCycle { max_lr, .. } = cell.experiment.schedule else { panic!() };
        assert_eq!(max_lr.to_bits(), [1e-3_f64, 3e-3][idx % 2].to_bits());
        assert_eq!(cell.experiment.loss.dice.background, idx / 2 % 2 == 0);
    }
    let digests: BTreeSet<String> =
        plan.cells.iter().map(|cell| digest(&cell.experiment, "", "")).collect();
    assert_eq!(digests.len(), 16, "every cell is a run of its own");
}

#[test]
fn a_cell_is_the_run_that_the_same_settings_ask_for_without_a_sweep() {
    let text = format!(
        "{LEAST}[sweep]\nseeds = [5]\naxes.train.epochs = {{ from = 2, to = 4, steps = 2 }}\n\
         axes.\"preprocess.grid\" = [{{ kind = 'native' }}, {{ kind = 'xy-size', size = 64 }}]\n"
    );
    let plan = sweep::plan(&load_text(&text, &[]).unwrap()).unwrap();
    let settings = ["seed=5", "split.seed=42", "train.epochs=4", "preprocess.grid.kind=native"];
    let alone = load_text(LEAST, &settings).unwrap().experiment;
    assert_eq!(words(&plan)[1], "grid = { kind = \"native\" }, epochs = 4");
    assert_eq!(plan.cells[1].experiment, alone);
    assert_eq!(load_resolved(&plan.cells[1].experiment.to_toml()).unwrap(), alone);
}

#[test]
fn a_spec_with_a_sweep_is_shown_and_loads_back() {
    let text = format!(
        "{LEAST}[sweep]\nseeds = [1, 2]\nexclude = [{{ train.epochs = 2 }}]\n\
         include = [{{ \"model.norm\" = 'group', train.batch = 1 }}]\n\
         sampler = {{ kind = 'tpe', trials = 20 }}\n\
         axes.train.epochs = {{ from = 2, to = 40, log = true }}\n"
    );
    let folder = folder(&[("a.toml", &text)]);
    let path = folder.path().join("a.toml").display().to_string();
    let shown = seglab(&["spec", "show", &path]).unwrap();
    let experiment = load_text(&text, &["name=a"]).unwrap().experiment;
    assert_eq!(load_resolved(&shown).unwrap(), experiment, "{shown}");
    // Comparing a run with others changes nothing about it.
    let alone = load_text(LEAST, &[]).unwrap().experiment;
    assert_eq!(digest(&experiment, "", ""), digest(&alone, "", ""));
    let keys = seglab(&["spec", "keys"]).unwrap();
    assert!(keys.contains("\nsweep.sampler.trials  (kind = \"tpe\")\n"), "{keys}");
}

#[test]
fn axes_of_a_base_are_joined_and_its_values_replaced() {
    let base =
        format!("{LEAST}[sweep]\naxes.\"train.epochs\" = [1, 2]\naxes.model.dropout = [0]\n");
    let folder = folder(&[
        ("base.toml", &base),
        ("a.toml", "extends = 'base.toml'\n[sweep.axes]\ntrain.epochs = [3]\ntrain.batch = [1]\n"),
    ]);
    let loaded =
        crate::spec::loading::load(&folder, &["sweep.axes.model.dropout=[0.1, 0.2]"]).unwrap();
    let sweep = loaded.experiment.sweep.as_ref().unwrap();
    let axes: Vec<&String> = sweep.axes.keys().collect();
    assert_eq!(axes, ["model.dropout", "train.batch", "train.epochs"]);
    let plan = sweep::plan(&loaded).unwrap();
    assert_eq!(words(&plan), ["dropout = 0.1", "dropout = 0.2"]);
    assert!(plan.cells.iter().all(|cell| cell.experiment.train.epochs == 3));
}

#[test]
fn excluded_settings_go_and_included_ones_come_once() {
    let text = "[sweep]\naxes.train.epochs = [1, 2]\naxes.\"model.norm\" = ['batch', 'group']\n\
        exclude = [{ \"train.epochs\" = 2, model.norm = 'batch' }]\n\
        include = [{ train.epochs = 9 }, { train.epochs = 1, model.norm = 'group' }]\n";
    let plan = plan(text).unwrap();
    assert_eq!((plan.n_settings, plan.n_excluded, plan.n_repeated), (4, 1, 1));
    let expected = [
        "norm = \"batch\", epochs = 1",
        "norm = \"group\", epochs = 1",
        "norm = \"group\", epochs = 2",
        "epochs = 9",
    ];
    assert_eq!(words(&plan), expected);
}

#[test]
fn faulty_values_are_told_once_each_with_its_place_and_a_cell() {
    let text = format!(
        "{LEAST}[sweep]\nseeds = [1, 2, 3]\n[sweep.axes]\n\"train.epochs\" = [1, 0, \"ten\"]\n\
         \"model.norm\" = [\"batch\", \"bach\"]\n"
    );
    let folder = folder(&[("a.toml", &text)]);
    let error = sweep::plan(&crate::spec::loading::load(&folder, &[]).unwrap()).unwrap_err();
    let shown = error.to_string().replace(&format!("{}/", folder.path().display()), "");
    assert_eq!(error.faults.len(), 3, "{shown}");
    let expected = "error: `model.norm` cannot be \"bach\"
  --> a.toml:8:26
  |
8 | \"model.norm\" = [\"batch\", \"bach\"]
  |                          ^^^^^^
  expected  \"batch\", \"instance\" or \"group\"
  found     string \"bach\"
  cell      model.norm = \"bach\", train.epochs = 1
hint: did you mean `batch`?";
    assert!(shown.contains(expected), "{shown}");
}

#[test]
fn rules_between_keys_are_judged_in_every_cell() {
    let text = "[sweep]\naxes.\"preprocess.grid.size\" = [4, 64]\n\
        axes.\"model.widths\" = [[8, 16], [8, 16, 32, 64]]\n";
    let error = plan(text).unwrap_err();
    let shown = error.to_string();
    assert_eq!(error.faults.len(), 1, "{shown}");
    let cell = "cell      model.widths = [8, 16, 32, 64], preprocess.grid.size = 4\n";
    assert!(shown.contains("cannot be halved 3 times") && shown.contains(cell), "{shown}");
    let rest =
        format!("{text}exclude = [{{ preprocess.grid.size = 4, model.widths = [8, 16, 32, 64] }}]");
    assert_eq!(plan_of(&rest), 3);
    // A sampler may come to that cell late; it is found before anything runs.
    let sampled = format!("{text}sampler = {{ kind = 'tpe', trials = 1 }}\n");
    assert!(plan(&sampled).is_err());
}

fn plan_of(text: &str) -> usize {
    plan(text).unwrap().cells.len()
}

#[test]
fn axes_over_what_is_no_setting_are_refused_with_what_to_do() {
    let of = |axis: &str| {
        let error = plan(&format!("[sweep]\naxes.{axis}\n")).unwrap_err();
        let hints: Vec<String> = error.faults.iter().flat_map(|it| it.hints.clone()).collect();
        assert_eq!(error.faults.len(), 1, "{error}");
        hints.join("; ")
    };
    assert!(of("seed = [1, 2]").contains("`sweep.seeds`"));
    assert!(of("\"split.fold\" = [1, 2]").contains("`sweep.folds`"));
    assert!(of("name = ['a', 'b']").contains("outside the sweep"));
    assert!(of("\"checkpoint.every-epochs\" = [1, 2]").contains("outside the sweep"));
    assert!(of("\"data.root\" = ['a', 'b']").contains("a spec for each data set"));
    assert!(of("\"train.epoch\" = [1, 2]").contains("did you mean `train.epochs`?"));
    assert!(of("\"max-lr\" = [1, 2]").contains("did you mean `schedule.max-lr`?"));
    assert!(of("\"model.norm\" = { from = 1, to = 2, steps = 2 }").contains("list the values"));
    assert!(of("\"train.epochs\" = { from = 1, to = 9 }").contains("`steps`"));
    of("\"train.epochs\" = { from = 9, to = 1, steps = 2 }");
    of("\"train.epochs\" = { from = 1.5, to = 9, steps = 2 }");
    of("\"schedule.max-lr\" = { from = 0, to = 1, steps = 2, log = true }");
    of("\"schedule.max-lr\" = [1, 1.0]");
    of("\"schedule.max-lr\" = 1");
}

#[test]
fn all_faults_of_a_sweep_are_told_at_once() {
    let text = "[sweep]\nseeds = [1, 1]\nfolds = [0]\naxes.train.epochs = [1, 2]\n\
        exclude = [{ train.epochs = 3 }, { train.batch = 1 }, {}]\ninclude = [{ seed = 3 }]\n";
    let expected = [
        "`sweep.seeds` has 1 twice",
        "`sweep.folds` needs `split.kind = \"k-fold\"`",
        "`sweep.exclude` names a value that `train.epochs` never has",
        "`sweep.exclude` names `train.batch`, which is not an axis",
        "`sweep.exclude` has an empty table, which would exclude everything",
        "`seed` cannot be in `sweep.include`",
    ];
    assert_eq!(faults(text), expected);
    let none = "[sweep]\naxes.train.epochs = [1]\nexclude = [{ train.epochs = 1 }]\n";
    assert_eq!(faults(none), ["the sweep has no cells"]);
    let sampler = "[sweep]\nsampler = { kind = 'sobol', trials = 4 }\n";
    assert_eq!(faults(sampler), ["the sampler has no axes to draw from"]);
}

#[test]
fn samplers_that_do_not_learn_are_planned_whole_and_tpe_as_far_as_it_is_known() {
    for (kind, n_known) in [("random", 25), ("sobol", 25), ("tpe", 10)] {
        let text = format!(
            "[sweep]\nseeds = [1, 2]\nsampler = {{ kind = '{kind}', trials = 25, seed = 3 }}\n\
             axes.schedule.max-lr = {{ from = 1e-4, to = 1e-1, log = true }}\n\
             axes.train.batch = {{ from = 1, to = 8 }}\ninclude = [{{ schedule.max-lr = 0.5 }}]\n"
        );
        let plan = plan(&text).unwrap();
        assert_eq!(plan.cells.len(), 2 * (n_known + 1), "{kind}");
        assert_eq!(plan.n_following, 25 - n_known, "{kind}");
        let trials: Vec<Option<usize>> =
            plan.cells[..=n_known].iter().map(|cell| cell.trial).collect();
        let expected = std::iter::once(None).chain((0..n_known).map(Some));
        assert_eq!(trials, expected.collect::<Vec<_>>(), "{kind}");
        let search = plan.search.as_ref().unwrap();
        for cell in plan.cells.iter().filter(|cell| cell.trial.is_some()) {
            assert_eq!(search.propose(cell.trial.unwrap(), &[]), Some(cell.settings.clone()));
            let rate = cell.settings["schedule.max-lr"].as_f64().unwrap();
            assert!((1e-4..=1e-1).contains(&rate));
            assert!(cell.settings["train.batch"].is_i64());
        }
    }
}

#[test]
fn a_plan_is_printed_for_people_and_for_programs() {
    let text = format!(
        "{LEAST}[sweep]\nseeds = [1, 2]\naxes.schedule.max-lr = [1e-3, 3e-3]\n\
         axes.train.epochs = [1, 2]\nexclude = [{{ train.epochs = 2, schedule.max-lr = 3e-3 }}]\n"
    );
    let folder = folder(&[("a.toml", &text)]);
    let path = folder.path().join("a.toml").display().to_string();
    let shown = seglab(&["sweep", "plan", &path, "--limit", "2"]).unwrap();
    let expected = "\
cell  what differs                        seed  fold
1     max-lr = 0.001, epochs = 1, seed 1  1     0
2     max-lr = 0.001, epochs = 2, seed 1  1     0
4 more cells

6 cells: 3 settings x 2 seeds x 1 fold
1 setting excluded
";
    assert_eq!(shown, expected);
    let json = seglab(&["sweep", "plan", &path, "--json", "--set", "train.epochs=5"]).unwrap();
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["cells"].as_array().unwrap().len(), 6);
    assert_eq!(json["cells"][5]["seed"], 2);
    assert_eq!(json["excluded"], 1);
}

#[test]
fn ten_thousand_cells_are_all_there_and_all_different() {
    let mut text = "[sweep]\n[sweep.axes]\n".to_owned();
    for key in ["model.dropout", "model.skip-dropout", "train.patience", "loss.dice.weight"] {
        let to = if key == "train.patience" { 9.0 } else { 0.9 };
        writeln!(text, "\"{key}\" = {{ from = 0, to = {to}, steps = 10 }}").unwrap();
    }
    let plan = plan(&text).unwrap();
    let digests: BTreeSet<String> =
        plan.cells.iter().map(|cell| digest(&cell.experiment, "", "")).collect();
    assert_eq!((plan.cells.len(), digests.len()), (10_000, 10_000));
}

#[test]
fn a_check_of_the_spec_judges_every_cell() {
    let text = format!(
        "{LEAST}[sweep]\naxes.train.epochs = [1, 0]\ninclude = [{{ model.norm = 'bach' }}]\n"
    );
    let folder = folder(&[("a.toml", &text), ("sound.toml", LEAST)]);
    let path = |name: &str| folder.path().join(name).display().to_string();
    let error = seglab(&["spec", "check", &path("a.toml"), &path("sound.toml")]).unwrap_err();
    let messages: Vec<&str> = error.faults.iter().map(|fault| fault.message.as_str()).collect();
    assert_eq!(messages, ["`train.epochs` is out of range", "`model.norm` cannot be \"bach\""]);
    assert!(seglab(&["spec", "check", &path("sound.toml")]).unwrap().starts_with("ok "));
}
