//! The report of made-up sweeps: true counts, verdicts that the data bear, a page at any moment.

use crate::{
    report::page::{assert_balanced, files},
    support::sandbox::copy_folder,
    support::synthetic_sweep::{Fate, NAME, Recipe, SECONDS, SyntheticSweep},
};
use clap::Parser;
use seglab::{
    analysis::{
        AxisScale, CellRow, Design, EpochRow, RunRow, RunState, ScoreRow, SettingRow, SweepTables,
        Tables, load_sweep,
    },
    cli::Arguments,
    record::FailureClass,
    report::write_sweep,
    sweep::{
        PlannedCell,
        store::{SweepFolder, SweepPlan},
    },
};
use std::{collections::BTreeMap, fs, path::PathBuf};

pub(crate) const TWO_AXES: &str = "[sweep]\nseeds = [1, 2, 3]\naxes.\"schedule.max-lr\" = [1e-4, 1e-3, 1e-2]\n\
    axes.\"loss.dice.background\" = [true, false]\n";

fn number(cell: &PlannedCell, key: &str) -> f64 {
    cell.settings[key].as_f64().unwrap()
}

/// A higher learning rate is better, and the background in Dice makes next to no difference.
pub(crate) fn skill(cell: &PlannedCell) -> f64 {
    let rate = number(cell, "schedule.max-lr").log10();
    let background = cell.settings["loss.dice.background"] == true;
    0.7 + 0.1 * (rate + 2.0) + if background { 0.0 } else { 0.002 }
}

fn two_axes(fate: &dyn Fn(&PlannedCell) -> Fate) -> SyntheticSweep {
    SyntheticSweep::new(&Recipe { text: TWO_AXES, n_cases: 12, epochs: 8, fate, skill: &skill })
}

/// The page and the Markdown.
fn written(sweep: &SweepTables) -> (String, String) {
    let folder = tempfile::tempdir().unwrap();
    let page = write_sweep(sweep, NAME, folder.path()).unwrap();
    for (path, bytes) in files(folder.path()) {
        if path.extension().is_some_and(|end| end == "svg" || end == "html") {
            assert_balanced(std::str::from_utf8(&bytes).unwrap());
        }
    }
    let markdown = page.with_file_name("report.md");
    (fs::read_to_string(page).unwrap(), fs::read_to_string(markdown).unwrap())
}

fn headings(markdown: &str) -> Vec<&str> {
    markdown.split("\n## ").skip(1).map(|rest| rest.lines().next().unwrap()).collect()
}

fn steps(sweep: &SweepTables) -> Vec<&str> {
    sweep.next.iter().map(|step| step.what.as_str()).collect()
}

#[test]
fn a_finished_sweep_is_ranked_and_its_axes_are_told_apart() {
    let sweep = two_axes(&|_| Fate::Finished).tables();
    assert_eq!(
        (sweep.n_in(RunState::Finished), sweep.settings.len(), sweep.n_scored()),
        (18, 6, 6)
    );
    let best = sweep.best().unwrap();
    assert_eq!(best.name, "background = false, max-lr = 0.01");
    assert_eq!((best.score.n, best.n_seeds, best.runs.len()), (12, 3, 3));
    // One case of three runs holds no metastasis.
    assert_eq!((best.n_undefined, best.n_pairs), (3, 72));
    let interval = best.interval.unwrap();
    assert!((interval.low..interval.high).contains(&best.score.mean.unwrap()));
    let verdicts: Vec<Option<String>> =
        sweep.settings.iter().map(|setting| Some(setting.to_best?.words())).collect();
    let verdicts: Vec<Option<&str>> = verdicts.iter().map(Option::as_deref).collect();
    let worse = Some("worse");
    assert_eq!(verdicts, [None, Some("not distinguishable"), worse, worse, worse, worse]);
    let [background, rate] = &sweep.axes[..] else { panic!("{:?}", sweep.axes) };
    assert_eq!((&*rate.key, rate.scale), ("schedule.max-lr", AxisScale::Log));
    assert_eq!(rate.values, ["0.0001", "0.001", "0.01"]);
    assert_eq!(rate.design, Design::Paired { n_blocks: 6 });
    let differences: Vec<f64> =
        rate.levels.iter().filter_map(|level| Some(level.to_best?.difference.mean)).collect();
    assert!((differences[0] + 0.2).abs() < 0.02 && (differences[1] + 0.1).abs() < 0.02);
    assert!(rate.levels[..2].iter().all(|level| level.to_best.unwrap().words() == "worse"));
    assert_eq!(background.scale, AxisScale::Names);
    let alike = background.levels.iter().find_map(|level| level.to_best);
    assert_eq!(alike.unwrap().words(), "not distinguishable");
    let curve = &rate.levels[2].curve;
    assert_eq!((curve.points.len(), curve.n_runs, curve.n_seeds), (8, 6, 3));
    assert!(curve.points.iter().all(|it| it.low <= it.mean && it.mean <= it.high));
}

#[test]
fn the_next_steps_follow_from_the_rows() {
    let sweep = two_axes(&|_| Fate::Finished).tables();
    let steps = steps(&sweep);
    assert_eq!(steps[0], "Try values of schedule.max-lr above 0.01, such as 0.1");
    assert!(steps[1].contains("seeds") || steps[1].contains("Validate on more cases"));
    assert_eq!(steps[2], "Confirm the choice on cases that chose nothing (split.test)");
    assert_eq!(steps.len(), 3);
    // What cannot be is not proposed: no rate of dropout is above 1.
    let text = "[sweep]\naxes.\"model.dropout\" = [0.1, 0.5, 0.9]\n";
    let skill = |cell: &PlannedCell| number(cell, "model.dropout") / 2.0;
    let recipe = Recipe { text, n_cases: 8, epochs: 2, fate: &|_| Fate::Finished, skill: &skill };
    let sweep = SyntheticSweep::new(&recipe).tables();
    assert_eq!(sweep.best().unwrap().name, "dropout = 0.9");
    assert!(!sweep.next.iter().any(|step| step.what.contains("dropout")), "{:?}", sweep.next);
}

/// A morning on which much went wrong.
pub(crate) fn mixed(cell: &PlannedCell) -> Fate {
    let nan = FailureClass::NonFiniteLoss;
    match cell.number {
        0 => Fate::Failed(nan, "the loss became NaN at step 12"),
        1 => Fate::Failed(nan, "the loss became NaN at step 340"),
        2 => Fate::Failed(FailureClass::Panic, "a <b>part</b> of the program panicked"),
        3 => Fate::Pruned(4),
        4 => Fate::Running(3),
        5 => Fate::Interrupted(2),
        6 => Fate::LeftOut,
        7 => Fate::Queued,
        _ => Fate::Finished,
    }
}

#[test]
fn failures_are_counted_named_and_come_with_advice() {
    let made_up = two_axes(&mixed);
    let sweep = made_up.tables();
    let counts: BTreeMap<&str, usize> =
        seglab::analysis::STATES.map(|state| (state.name(), sweep.n_in(state))).into();
    let expected = [
        ("finished", 10),
        ("pruned", 1),
        ("running", 1),
        ("interrupted", 1),
        ("queued", 2),
        ("failed", 3),
        ("damaged", 0),
    ];
    assert_eq!(counts, expected.into());
    let failures: Vec<(&str, usize)> =
        sweep.failures.iter().map(|it| (it.class.as_str(), it.cells.len())).collect();
    assert_eq!(failures, [("non-finite-loss", 2), ("panic", 1)]);
    let compute = &sweep.compute;
    let seconds = [compute.finished, compute.pruned, compute.failed, compute.open, compute.spent];
    assert_eq!(seconds.map(|it| (it / SECONDS).round() as usize), [10, 1, 3, 1, 15]);
    assert_eq!((compute.repeated, compute.wasted()), (0.0, 3.0 * SECONDS));
    assert_eq!((compute.n_ended, compute.n_without_end), (15, 1));
    assert_eq!(compute.by_device.len(), 2);
    let steps = steps(&sweep);
    assert!(steps[0].starts_with("Change what made 2 cells fail"), "{steps:?}");
    assert_eq!(steps[1], "Try 1 cell again: the reason may have passed");
    assert_eq!(sweep.next[1].command.as_deref(), Some("seglab sweep retry made-up"));
    assert_eq!(steps[2], "Go on with 3 cells that have no answer yet");
    assert!(sweep.next[2].why.contains("1 left out for lack of time"), "{:?}", sweep.next[2]);
    let (page, markdown) = written(&sweep);
    assert!(page.contains("a &lt;b&gt;part&lt;/b&gt; of the program"));
    assert!(page.contains("it needs about 40 min, and there are 12"));
    assert!(markdown.contains("7 of 18 cells without an answer"));
    let expected = [
        "Sweep",
        "Settings",
        "Axes",
        "Learning by axis",
        "Failures",
        "Cells without an answer",
        "What to run next",
        "Runs",
    ];
    assert_eq!(headings(&markdown)[..expected.len()], expected);
}

#[test]
fn settings_are_ranked_on_the_folds_that_they_share() {
    let text = "[split]\nkind = 'k-fold'\nfolds = 3\n[sweep]\nfolds = [0, 1, 2]\n\
        axes.\"model.dropout\" = [0.1, 0.2]\n";
    // The better setting has two of its three folds.
    let fate = |cell: &PlannedCell| {
        if (cell.number, cell.fold) == (5, 2) { Fate::Queued } else { Fate::Finished }
    };
    let skill = |cell: &PlannedCell| 0.4 + number(cell, "model.dropout");
    let sweep =
        SyntheticSweep::new(&Recipe { text, n_cases: 6, epochs: 2, fate: &fate, skill: &skill });
    let sweep = sweep.tables();
    let ranks: Vec<_> = sweep.settings.iter().map(|it| (it.rank, it.score.n)).collect();
    assert_eq!(ranks, [(Some(1), 12), (Some(2), 18)]);
    let to_best = sweep.settings[1].to_best.unwrap();
    assert_eq!(to_best.difference.n_cases, 12, "compared on what both have");
    assert_eq!(to_best.words(), "not distinguishable, one seed");
    let (page, _) = written(&sweep);
    assert!(!page.contains("split the data differently"), "folds do so by intent");
}

/// What became of the cells so far, and what the page says then.
type Moment<'a> = (&'a dyn Fn(&PlannedCell) -> Fate, &'a str);

#[test]
fn there_is_a_report_at_any_moment() {
    let first = |cell: &PlannedCell| if cell.number == 0 { Fate::Running(1) } else { Fate::Queued };
    let broken = |_: &PlannedCell| Fate::Failed(FailureClass::BadData, "no case can be used");
    let one = |cell: &PlannedCell| if cell.number == 3 { Fate::Finished } else { Fate::Queued };
    let moments: [Moment<'_>; 4] = [
        (&|_| Fate::Queued, "No setting has scores on the native grid yet."),
        (&first, "1 running, 17 queued."),
        (&broken, "18 cells of 6 settings"),
        (&one, "Of 1 setting with validation scores,"),
    ];
    for (fate, said) in moments {
        let (page, _) = written(&two_axes(fate).tables());
        assert!(page.contains(said), "{said}");
    }
    // One cell in all, and too few cases for any verdict.
    let text = "[sweep]\naxes.\"model.dropout\" = [0.1]\n";
    let recipe = Recipe { text, n_cases: 2, epochs: 1, fate: &|_| Fate::Finished, skill: &|_| 0.5 };
    let sweep = SyntheticSweep::new(&recipe).tables();
    assert!(written(&sweep).0.contains("“as the spec says” is ranked first"));
    assert!(sweep.axes.is_empty());
}

#[test]
fn a_sweep_that_is_not_there_is_told_so() {
    let folder = tempfile::tempdir().unwrap();
    let message = load_sweep(folder.path(), "nothing").unwrap_err().to_string();
    assert!(message.contains("holds no sweep"), "{message}");
}

#[test]
fn both_commands_draw_the_page_of_the_sweep() {
    let made_up = two_axes(&mixed);
    for command in [&["report"][..], &["sweep", "report"]] {
        let out = tempfile::tempdir().unwrap();
        let line = ["seglab"].iter().chain(command).chain(&[NAME, "--runs"]).map(PathBuf::from);
        let line = line.chain([made_up.runs(), "--out".into(), out.path().to_owned()]);
        let mut said = Vec::new();
        Arguments::try_parse_from(line).unwrap().run(&mut said).unwrap();
        let said = String::from_utf8(said).unwrap();
        let page = PathBuf::from(said.split_whitespace().last().unwrap());
        assert_eq!(page, out.path().join(NAME).join("index.html"));
        let page = fs::read_to_string(page).unwrap();
        assert!(page.contains("<h2>What to run next</h2>"));
        assert!(page.contains("number 5 of 8; the best 4 continue"), "why a run was given up");
    }
}

#[test]
fn same_rows_give_the_same_bytes() {
    let made_up = two_axes(&mixed);
    let sweep = made_up.tables();
    assert_eq!(sweep, made_up.tables(), "reading changes nothing");
    let [first, second] = [(); 2].map(|()| {
        let folder = tempfile::tempdir().unwrap();
        write_sweep(&sweep, NAME, folder.path()).unwrap();
        let strip = |path: PathBuf| path.strip_prefix(folder.path()).unwrap().to_path_buf();
        let found: BTreeMap<PathBuf, Vec<u8>> =
            files(folder.path()).into_iter().map(|(path, bytes)| (strip(path), bytes)).collect();
        found
    });
    assert!(first == second);
}

#[test]
fn steps_that_were_repeated_are_wasted_and_said_so() {
    use seglab::{event::Listen, sweep::store::WorkerEvent};
    let made_up = two_axes(&|_| Fate::Queued);
    let cell = made_up.plan.cells[0].clone();
    let place = SweepFolder::new(&made_up.runs(), NAME);
    let mut worker = seglab::sweep::store::WorkerLog::enter(&place).unwrap();
    let mut end = |status: &seglab::record::Status| {
        let outcome = seglab::sweep::store::Outcome::of(status, 1, None);
        let (run, device) = (cell.run_id.clone(), "cpu".to_owned());
        let ended = WorkerEvent::Ended { cell: 0, run, device, seconds: 20.0, outcome, note: None };
        worker.write(&ended).unwrap();
    };
    let step = |step| seglab::event::Event::Step {
        epoch: 1,
        step,
        loss: 1.0,
        lr: 1e-3,
        beta1: 0.9,
        grad_norm: 1.0,
        seconds: 2.5,
    };
    let finished = seglab::record::Status::Finished;
    // An attempt that logs two steps, commits nothing and dies; the next one does them again.
    let mut recorder = made_up.begin(0);
    (1..=2).for_each(|number| recorder.hear(&step(number)).unwrap());
    drop(recorder);
    end(&seglab::record::Status::Running);
    let mut recorder = made_up.begin(0);
    (1..=2).for_each(|number| recorder.hear(&step(number)).unwrap());
    recorder.finish(finished.clone()).unwrap();
    end(&finished);
    let compute = made_up.tables().compute;
    assert_eq!((compute.spent, compute.repeated, compute.finished), (40.0, 5.0, 35.0));
    assert_eq!(compute.n_resumed, 1);
}

#[test]
fn a_search_over_numbers_is_told_in_thirds_and_not_tested() {
    let text = "[sweep]\nsampler = { kind = 'random', trials = 24 }\n\
        axes.\"schedule.max-lr\" = { from = 1e-4, to = 1e-1, log = true }\n\
        axes.\"model.dropout\" = { from = 0.0, to = 0.5 }\n\
        axes.\"loss.dice.background\" = [true, false]\n";
    let skill = |cell: &PlannedCell| {
        let rate = number(cell, "schedule.max-lr").log10();
        0.7 - 0.05 * (rate + 2.5).powi(2) - 0.2 * number(cell, "model.dropout")
    };
    let fate = |cell: &PlannedCell| if cell.number < 18 { Fate::Finished } else { Fate::Queued };
    let recipe = Recipe { text, n_cases: 8, epochs: 3, fate: &fate, skill: &skill };
    let sweep = SyntheticSweep::new(&recipe).tables();
    let rate = sweep.axes.iter().find(|axis| axis.short == "max-lr").unwrap();
    assert_eq!((rate.scale, rate.values.len(), rate.levels.len()), (AxisScale::Log, 24, 3));
    assert_eq!(rate.design, Design::Marginal);
    assert!(rate.levels.iter().all(|level| level.to_best.is_none()));
    let (page, _) = written(&sweep);
    assert!(page.contains("each by itself: not tested"));
    assert!(page.contains("Every scored setting, through its values"));
}

/// The same sweep with everything in it this many times, each under a name of its own.
fn multiplied(sweep: &SweepTables, times: usize) -> SweepTables {
    let mut large = SweepTables { tables: Tables::default(), ..sweep.clone() };
    (large.cells, large.settings) = (Vec::new(), Vec::new());
    for copy in 0..times {
        let named = |run: &str| format!("{run}-{copy}");
        for setting in &sweep.settings {
            let runs = setting.runs.iter().map(|run| named(run)).collect();
            let rank = Some(large.settings.len() + 1);
            large.settings.push(SettingRow { runs, rank, ..setting.clone() });
        }
        let first = copy * sweep.settings.len();
        large.cells.extend(sweep.cells.iter().map(|cell| CellRow {
            run: cell.run.as_deref().map(named),
            setting: first + cell.setting,
            ..cell.clone()
        }));
        let Tables { runs, epochs, scores, .. } = &sweep.tables;
        let tables = &mut large.tables;
        tables.runs.extend(runs.iter().map(|it| RunRow { run: named(&it.run), ..it.clone() }));
        tables
            .epochs
            .extend(epochs.iter().map(|it| EpochRow { run: named(&it.run), ..it.clone() }));
        tables
            .scores
            .extend(scores.iter().map(|it| ScoreRow { run: named(&it.run), ..it.clone() }));
    }
    large
}

#[test]
fn copied_and_renamed_folders_change_no_count_of_a_sweep() {
    let sweep = two_axes(&|_| Fate::Finished);
    let before = sweep.tables();
    let run = sweep.runs().join(NAME).join(before.cells[0].run.as_ref().unwrap());
    // One with the name of a further run of the cell.
    for end in ["-backup", "-2"] {
        let name = format!("{}{end}", before.cells[0].run.as_ref().unwrap());
        copy_folder(&run, &run.with_file_name(name));
    }
    let copied = sweep.tables();
    assert_eq!((&copied.cells, &copied.settings), (&before.cells, &before.settings));
    assert_eq!(copied.tables.runs.len(), before.tables.runs.len());
    let (page, _) = written(&copied);
    assert_eq!(page.matches("is a copy of run").count(), 2);

    // A run under another name is still that of its cell.
    fs::rename(&run, run.with_file_name("best")).unwrap();
    fs::remove_dir_all(run.with_file_name(format!("{}-2", before.cells[0].run.as_ref().unwrap())))
        .unwrap();
    let renamed = sweep.tables();
    assert_eq!((&renamed.cells, &renamed.settings), (&before.cells, &before.settings));

    // And so is the whole folder: it is shown, and not begun a second time beside it.
    fs::rename(sweep.runs().join(NAME), sweep.runs().join("archive")).unwrap();
    assert_eq!(SweepPlan::folder(&sweep.runs(), NAME).runs(), sweep.runs().join("archive"));
    let moved = load_sweep(&sweep.runs(), "archive").unwrap();
    assert_eq!((&moved.cells, &moved.settings), (&before.cells, &before.settings));
    assert!(moved.tables.warnings.iter().any(|it| it.contains("holds 18 runs of experiment")));
}

#[test]
fn a_page_stays_small_whatever_is_planned() {
    let mut sweep = multiplied(&two_axes(&|_| Fate::Finished).tables(), 12);
    assert_eq!((sweep.tables.runs.len(), sweep.settings.len()), (216, 72));
    // As many epochs as an overnight run has.
    let epochs: Vec<EpochRow> = (0..25)
        .flat_map(|go| {
            let later = move |it: &EpochRow| EpochRow { epoch: it.epoch + 8 * go, ..it.clone() };
            sweep.tables.epochs.iter().map(later).collect::<Vec<_>>()
        })
        .collect();
    sweep.tables.epochs = epochs;
    let (page, _) = written(&sweep);
    assert!(page.len() < 3_000_000, "{} bytes", page.len());
    assert!(page.contains("24 of 216 runs are shown"));

    let axis = |key: &str| format!("axes.\"{key}\" = {{ from = 0.0, to = 0.9, steps = 10 }}\n");
    let keys = ["model.dropout", "model.skip-dropout", "augment.flip.p", "augment.rotate.p"];
    let text = format!("[sweep]\n{}", keys.map(axis).concat());
    let fate = |cell: &PlannedCell| if cell.number < 4 { Fate::Finished } else { Fate::Queued };
    let recipe = Recipe { text: &text, n_cases: 3, epochs: 1, fate: &fate, skill: &|_| 0.5 };
    let sweep = SyntheticSweep::new(&recipe).tables();
    assert_eq!(sweep.cells.len(), 10_000);
    let (page, _) = written(&sweep);
    assert!(page.len() < 1_000_000, "{} bytes", page.len());
    assert!(page.contains("The first 100 of 10000 settings:"));
    assert_eq!(page.matches("data:image/png").count(), 2, "those of the best and of the worst");
}

#[test]
fn settings_are_compared_on_the_seeds_that_both_have() {
    let text = "[sweep]\nseeds = [1, 2]\naxes.\"model.dropout\" = [0.1, 0.2]\n";
    // The second seed is a lucky one, and the second setting has not had it yet.
    let fate = |cell: &PlannedCell| {
        let is_second = number(cell, "model.dropout") > 0.15;
        if cell.seed == 2 && is_second { Fate::Queued } else { Fate::Finished }
    };
    let skill = |cell: &PlannedCell| if cell.seed == 2 { 0.8 } else { 0.5 };
    let sweep =
        SyntheticSweep::new(&Recipe { text, n_cases: 8, epochs: 2, fate: &fate, skill: &skill });
    let sweep = sweep.tables();
    let means: Vec<f64> = sweep.settings.iter().filter_map(|it| it.score.mean).collect();
    assert!((means[0] - means[1]).abs() > 0.1, "{means:?}: by themselves they look unequal");
    let to_best = sweep.settings[1].to_best.unwrap();
    assert!(to_best.difference.mean.abs() < 0.05, "{to_best:?}");
    assert_eq!(to_best.words(), "not distinguishable");
}
