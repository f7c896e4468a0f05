//! Questions answered by runs: what is known is said with its numbers, what is not is not.

use crate::support::{
    sandbox::{Sandbox, read},
    synthetic_runs::{CLASSES, tables},
};
use seglab::{
    analysis::{
        ERROR_KINDS, Evidence, EvidenceOptions, FOREGROUND, Split, Tables,
        answer::{AnswerStatus, Discussion, answer, check, check_discussion, fill, pin},
        evidence,
    },
    report::FIGURES,
    statistics::Strength,
};
use std::path::Path;

const QUESTIONS: &str = r#"
title = "What we know"
margin = 0.02

[[question]]
id = "classes"
ask = "How well were the classes segmented?"
claim = [
    { each = "class", say = "Dice of $class: {{scores[$baseline, $class].dice}}." },
    { say = "On the test cases: {{test-scores[$baseline, foreground].dice}}.", measure = "seglab run with-test.toml" },
]
tables = ["scores"]
figures = ["volumes"]

[[question]]
id = "changes"
ask = "What do the changes do?"
claim = [{ each = "ablation", say = "$setting against $base: {{effects[$setting, foreground].difference}}, {{effects[$setting, foreground].verdict}}." }]
prose = "In my words: {{noise[foreground].between-seeds}}."
figures = ["forest", "paired"]
tables = ["effects"]

[[question]]
id = "unknown"
ask = "What was never run?"
verdict = "effects[never-run, foreground].verdict"
claim = ["It changes Dice by {{effects[never-run, foreground].difference}}."]
measure = "seglab run never-run.toml"
"#;

fn asked() -> EvidenceOptions {
    EvidenceOptions { baseline: None, split: Split::Valid, margin: Some(0.02) }
}

fn made_up() -> (Tables, Evidence) {
    let tables = tables(12);
    let evidence = evidence(&tables, asked());
    (tables, evidence)
}

fn discussion(text: &str) -> seglab::base::Result<Discussion> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("discussion.toml");
    std::fs::write(&path, text).unwrap();
    Discussion::read(&path, FIGURES)
}

#[test]
fn every_number_of_an_answer_is_that_of_a_cell() {
    let (_, evidence) = made_up();
    assert_eq!(evidence.settings.len(), 4);
    assert!(evidence.settings.iter().all(|setting| setting.seeds == [1, 2, 3]));
    let answers = answer(&discussion(QUESTIONS).unwrap(), &evidence, "runs").unwrap();
    let [classes, changes, unknown] = answers.answers.as_slice() else { panic!("{answers:?}") };

    let said = |spans: &[seglab::analysis::answer::Fragment]| -> String {
        spans.iter().map(seglab::analysis::answer::Fragment::text).collect()
    };
    let baseline = &evidence.settings[evidence.settings[1].base.unwrap()].name;
    let scores = evidence.table("scores").unwrap();
    for (sentence, class) in classes.claim.iter().zip(["primary", "metastasis"]) {
        let cell = scores.shown(&[baseline.clone(), class.into()], "dice").unwrap();
        assert_eq!(said(sentence), format!("Dice of {class}: {cell}."));
        assert_ne!(cell, "-");
    }
    assert_eq!(classes.status, AnswerStatus::Partly);
    assert_eq!(classes.missing[0].command.as_deref(), Some("seglab run with-test.toml"));

    assert_eq!((changes.status, changes.claim.len()), (AnswerStatus::Answered, 3));
    assert_eq!(changes.runs.len(), 12);
    assert!(said(&changes.prose).starts_with("In my words: 0."), "{:?}", changes.prose);

    assert_eq!(unknown.status, AnswerStatus::NotMeasured);
    assert!(unknown.claim.is_empty() && unknown.verdict.is_none());
    assert!(
        unknown.missing.iter().all(|it| it.command.as_deref() == Some("seglab run never-run.toml"))
    );
}

#[test]
fn no_other_experiment_speaks_for_a_baseline_without_runs() {
    let options = EvidenceOptions { baseline: Some("never-run".into()), ..asked() };
    let evidence = evidence(&tables(12), options);
    assert!(evidence.baseline().is_some(), "there are others");
    let answers = answer(&discussion(QUESTIONS).unwrap(), &evidence, "runs").unwrap();
    let classes = &answers.answers[0];
    assert_eq!(classes.status, AnswerStatus::NotMeasured);
    assert!(classes.claim.is_empty(), "{:?}", classes.claim);
}

#[test]
fn an_effect_is_the_mean_over_cases_and_holm_corrects_all_settings() {
    let (tables, evidence) = made_up();
    let effect = evidence.effects.iter().find(|it| it.class == FOREGROUND).unwrap();
    let mean = effect.by_case.iter().map(|case| case.1).sum::<f64>() / effect.by_case.len() as f64;
    assert!((mean - effect.judged.comparison.difference.mean).abs() < 1e-12);
    assert_eq!((effect.judged.n_comparisons, effect.by_case.len()), (3, 9));
    // By hand, from the rows: mean over classes of a case, over seeds, less the same of the base.
    let of = |setting: usize, case: &str| -> f64 {
        let runs = &evidence.settings[setting].run_ids;
        let by_run = runs.iter().map(|run| {
            let rows =
                tables.scores.iter().filter(|row| row.run == *run && row.score.case == *case);
            let dice: Vec<f64> =
                rows.filter(|row| row.score.class > 0).filter_map(|row| row.score.dice).collect();
            dice.iter().sum::<f64>() / dice.len() as f64
        });
        by_run.sum::<f64>() / runs.len() as f64
    };
    for (case, difference) in &effect.by_case {
        let expected = of(effect.setting, case) - of(effect.base, case);
        assert!((difference - expected).abs() < 1e-12, "{case}: {difference} is not {expected}");
    }
    assert!(evidence.effects.iter().all(|it| it.flags.is_empty()), "{:?}", evidence.effects);
}

#[test]
fn runs_that_do_not_compare_are_flagged() {
    let mut tables = tables(8);
    let other = |run: &mut seglab::analysis::RunRow| {
        run.split_fingerprint = Some("other".into());
        run.steps *= 2;
    };
    tables.runs.iter_mut().skip(1).step_by(4).for_each(other);
    let evidence = evidence(&tables, asked());
    let flagged: Vec<&str> = evidence
        .effects
        .iter()
        .filter(|effect| !effect.flags.is_empty())
        .map(|effect| evidence.settings[effect.setting].name.as_str())
        .collect();
    assert!(!flagged.is_empty());
    let flags = evidence.effects.iter().flat_map(|effect| &effect.flags).cloned();
    let flags: Vec<String> = flags.collect();
    assert!(flags.iter().any(|flag| flag.contains("split the data differently")), "{flags:?}");
    assert!(flags.iter().any(|flag| flag.contains("1680 steps a run against 840")), "{flags:?}");
    let flagged = evidence.effects.iter().filter(|effect| !effect.flags.is_empty());
    assert!(flagged.map(|effect| effect.strength).all(|strength| strength <= Strength::Weak));
    let table = evidence.table("effects").unwrap();
    assert!(table.column("flags").is_some());
}

#[test]
fn parts_add_up_to_their_whole() {
    let (tables, evidence) = made_up();
    let number = |table: &str, keys: &[&str], column: &str| -> f64 {
        let table = evidence.table(table).unwrap();
        let keys: Vec<String> = keys.iter().map(|key| (*key).into()).collect();
        let row = table.row(&keys).unwrap();
        row.values[table.column(column).unwrap()].number().unwrap()
    };
    for setting in &evidence.settings {
        for class in ["primary", "metastasis"] {
            let keys = [setting.name.as_str(), class];
            let parts = ERROR_KINDS.map(|(kind, ..)| number("errors", &keys, kind));
            let total = number("errors", &keys, "total");
            assert!((parts.iter().sum::<f64>() - total).abs() < 1e-9 * total);
            let shares =
                ERROR_KINDS.map(|(kind, ..)| number("errors", &keys, &format!("{kind}-share")));
            assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-12);
            let lesions = |column: &str| number("lesions", &keys, column);
            assert!((lesions("found") + lesions("missed") - lesions("n")).abs() < 1e-12);
            assert!((lesions("sensitivity") - lesions("found") / lesions("n")).abs() < 1e-12);
            let by_size = evidence.table("lesions-by-size").unwrap();
            let n: f64 = by_size
                .rows
                .iter()
                .filter(|row| row.keys[..2] == keys)
                .map(|row| row.values[by_size.column("n").unwrap()].number().unwrap())
                .sum();
            assert!((n - lesions("n")).abs() < 1e-12);
        }
        for class in CLASSES {
            let given = CLASSES.map(|to| number("confusion", &[&setting.name, class], to));
            assert!((given.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        }
        // By hand: pooled over the rows of the runs, and undefined ones counted.
        let rows = tables.scores.iter().filter(|row| {
            setting.run_ids.contains(&row.run) && row.score.class_name == "metastasis"
        });
        let (defined, undefined): (Vec<_>, Vec<_>) = rows.partition(|row| row.score.dice.is_some());
        let keys = [setting.name.as_str(), "metastasis"];
        assert!((number("scores", &keys, "undefined") - undefined.len() as f64).abs() < 1e-12);
        let mean =
            defined.iter().filter_map(|row| row.score.dice).sum::<f64>() / defined.len() as f64;
        assert!((number("scores", &keys, "dice") - mean).abs() < 1e-12);
        // 4000 voxels shared, 800 and 900 not, in every case.
        assert!((number("scores", &keys, "pooled") - 8000.0 / 9700.0).abs() < 1e-12);
    }
}

#[test]
fn the_order_of_the_rows_changes_no_evidence() {
    let (mut tables, before) = made_up();
    tables.runs.reverse();
    tables.scores.rotate_left(37);
    tables.epochs.reverse();
    let after = evidence(&tables, asked());
    assert_eq!(before.tables, after.tables);
}

#[test]
fn a_setting_is_cited_by_the_name_it_had() {
    let (tables, all) = made_up();
    let setting = &all.settings[1];
    assert!(setting.name.starts_with("dice-foreground: "), "{}", setting.name);
    let kept = |run: &str| setting.run_ids.iter().any(|id| id == run);
    let mut alone = tables.clone();
    alone.runs.retain(|row| kept(&row.run));
    alone.scores.retain(|row| kept(&row.run));
    alone.epochs.retain(|row| kept(&row.run));
    let alone = evidence(&alone, asked());
    assert_eq!(alone.settings[0].name, "dice-foreground");
    let dice = |name: &str, evidence: &Evidence| {
        fill(&format!("{{{{scores[\"{name}\", primary].dice}}}}"), evidence)
    };
    // Alone it is called after its experiment; the longer name leads to it still.
    let shown = dice("dice-foreground", &alone).unwrap();
    assert_ne!(shown, "-");
    assert_eq!(dice(&setting.name, &alone).unwrap(), shown);
    // A setting that may be run yet is not measured, and is no other one.
    assert_eq!(dice("dice-foreground: squeeze-excitation = 8", &alone).unwrap(), "-");
    // With others beside it, the name of the experiment could be that of each of them.
    let reasons = dice("dice-foreground", &all).unwrap_err();
    let names = all.settings.iter().map(|setting| setting.name.as_str()).collect::<Vec<_>>();
    let expected =
        format!("`dice-foreground` has several settings: name one of `{}`", names.join("`, `"));
    assert!(reasons[0].ends_with(&expected), "{reasons:?}");
}

#[test]
fn everything_wrong_with_the_questions_is_told_at_once() {
    let faulty = r#"
margin = 2.0
[[question]]
id = "a b"
ask = "?"
claim = ["{{scores[x}}", "{{open"]
figures = ["nothing"]
[[question]]
id = "a b"
ask = "?"
"#;
    let error = discussion(faulty).unwrap_err().to_string();
    let sentences = r#"
[[question]]
id = "a"
ask = "?"
claim = ["Dice is 0.99, believe me.", { each = "klass", say = "{{scores[$clas, b].dice}}" }]
verdict = "scores[a, b].dice"
"#;
    let told = discussion(sentences).unwrap_err().to_string();
    for part in
        ["cites nothing", "found \"klass\"", "`$clas` has no value", "not a column of verdicts"]
    {
        assert!(told.contains(part), "{part}: {told}");
    }
    for part in ["`margin`", "an id has letters", "two questions", "`nothing`", "scores[x", "open"]
    {
        assert!(error.contains(part), "{part}: {error}");
    }
    let error = discussion("[[question]]\nid = 'a'\nask = 'b'\nclaims = []\n").unwrap_err();
    assert!(error.to_string().contains("discussion.toml:4:1"), "{error}");

    let (_, evidence) = made_up();
    let lost = QUESTIONS.replace("scores[$baseline, $class].dice", "scores[$class].dice")
        + "[[question]]\nid = 'lost'\nask = '?'\nclaim = ['{{nowhere[a].b}} {{scores[a, b].dise}}']\n";
    let error = answer(&discussion(&lost).unwrap(), &evidence, "runs").unwrap_err().to_string();
    for part in ["needs 2 keys", "no table `nowhere`", "no column `dise`"] {
        assert!(error.contains(part), "{part}: {error}");
    }
}

#[test]
fn a_pinned_number_is_checked_against_the_runs() {
    let (_, evidence) = made_up();
    let baseline = &evidence.settings[0].name;
    let text = format!("Dice is {{{{scores[\"{baseline}\", foreground].dice}}}} here.");
    assert_eq!(check(&text, &evidence).unwrap().wrong, []);
    let pinned = pin(&text, &evidence).unwrap();
    assert_ne!(pinned, text);
    let checked = check(&pinned, &evidence).unwrap();
    assert_eq!((checked.n, checked.n_pinned, checked.wrong.len()), (1, 1, 0));
    assert_eq!(pin(&pinned, &evidence).unwrap(), pinned);
    let number = pinned.split(" = ").last().unwrap().split("}}").next().unwrap().to_owned();
    assert_eq!(fill(&pinned, &evidence).unwrap(), format!("Dice is {number} here."));
    let wrong = check(&pinned.replace(&number, "0.999"), &evidence).unwrap().wrong;
    assert_eq!((wrong.len(), wrong[0].found.as_deref()), (1, Some(number.as_str())));
    let gone = check("{{scores[never, foreground].dice = 0.5}}", &evidence).unwrap().wrong;
    assert_eq!((gone.len(), gone[0].found.as_deref()), (1, None));
    // A class that no run has is no number that could be measured.
    let lost = fill("{{scores[never, liver].dice}}", &evidence).unwrap_err();
    assert!(lost[0].contains("no class `liver`"), "{lost:?}");
}

#[test]
fn the_questions_of_this_repository_are_sound_and_their_references_exist() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("experiments/discussion.toml");
    let discussion = Discussion::read(&path, FIGURES).unwrap();
    assert_eq!(discussion.questions.len(), 11);
    let (_, evidence) = made_up();
    let answers = answer(&discussion, &evidence, "runs").unwrap();
    let status = |id: &str| answers.answers.iter().find(|it| it.id == id).unwrap().status;
    // Nothing called `no-augmentation` was run by itself, and the made-up runs know no data.
    assert_eq!(status("augmentation"), AnswerStatus::NotMeasured);
    assert_eq!(status("data-challenges"), AnswerStatus::NotMeasured);
    assert_eq!(status("errors"), AnswerStatus::Answered);
    assert_eq!(status("validation"), AnswerStatus::Partly);
    let checked = check_discussion(&discussion, &evidence).unwrap();
    assert!(checked.n > 60 && checked.n_pinned == 0 && checked.wrong.is_empty(), "{checked:?}");
}

#[test]
fn a_setting_whose_name_needs_quotes_can_be_cited() {
    let mut tables = tables(8);
    for run in &mut tables.runs {
        let weights = if run.settings["model.squeeze-excitation"] == "0" { "none" } else { "a, b" };
        run.settings.insert("loss.class-weights".into(), format!("\"{weights}\""));
    }
    let evidence = evidence(&tables, asked());
    let setting =
        &evidence.settings.iter().find(|setting| setting.name.contains("a, b")).unwrap().name;
    let text = format!("{{{{scores[\"{setting}\", primary].dice}}}}");
    assert_ne!(fill(&text, &evidence).unwrap(), "-");
    let each = "[[question]]\nid = 'a'\nask = 'b'\n\
        claim = [{ each = 'setting', say = '$setting: {{scores[$setting, primary].dice}}' }]\n";
    let ablation = evidence.settings.iter().find(|setting| setting.base.is_some()).unwrap();
    let verdict = format!("verdict = 'effects[\"{}\", foreground].verdict'\n", ablation.name);
    let asked = discussion(&format!("{each}{verdict}")).unwrap();
    let answers = answer(&asked, &evidence, "runs").unwrap();
    assert_eq!(
        (answers.answers[0].status, answers.answers[0].claim.len()),
        (AnswerStatus::Answered, 4)
    );
    assert!(answers.answers[0].verdict.is_some());
}

#[test]
fn seeds_of_a_shared_split_and_a_second_try_are_one_setting() {
    let mut tables = tables(12);
    for run in &mut tables.runs {
        if run.seed > 1 {
            run.settings.insert("split.seed".into(), "1".into());
        }
    }
    let again = tables.runs[0].clone();
    tables.scores.extend(tables.scores.clone().into_iter().filter(|row| row.run == again.run).map(
        |mut row| {
            row.run = "again".into();
            row.score.dice = Some(0.5);
            row
        },
    ));
    let created = "2027-01-01T00:00:00Z".into();
    tables.runs.push(seglab::analysis::RunRow { run: "again".into(), created, ..again.clone() });
    let evidence = evidence(&tables, asked());
    assert_eq!(evidence.settings.len(), 4);
    let setting = evidence
        .settings
        .iter()
        .find(|setting| setting.run_ids.contains(&"again".to_owned()))
        .unwrap();
    assert_eq!((setting.runs.len(), setting.run_ids.contains(&again.run)), (3, false));
}

/// Two settings of a tiny net with two seeds each, asked about on the command line.
#[test]
fn runs_answer_questions_on_the_command_line() {
    let sandbox = Sandbox::new();
    sandbox.write(
        "plain.toml",
        "question = 'Without flips?'\nextends = 'tiny.toml'\n[augment]\nflip = { p = 0.0 }\n",
    );
    for seeds in [["seed=1", "split.seed=7"], ["seed=2", "split.seed=7"]] {
        for spec in ["tiny.toml", "plain.toml"] {
            sandbox.run(&["run", spec, "--set", seeds[0], "--set", seeds[1]]).succeeds();
        }
    }
    sandbox.write(
        "asked.toml",
        "baseline = 'tiny'\n[[question]]\nid = 'flips'\nask = 'Do flips help?'\n\
         verdict = 'effects[plain, foreground].verdict'\n\
         claim = ['Without: {{effects[plain, foreground].difference}} on {{effects[plain, foreground].n}} cases, {{effects[plain, foreground].seeds}} seeds.',\n\
         'Of {{classes[primary, train].cases}} training cases; {{errors[$baseline, primary].total}} wrong; ECE {{calibration[$baseline].ece-foreground}}.']\n\
         figures = ['forest', 'paired', 'reliability', 'volumes', 'profile']\n",
    );
    let ended = sandbox.run(&["answer", "--questions", "asked.toml"]).succeeds();
    assert!(ended.stdout.contains("too few cases"), "{}", ended.stdout);
    assert!(ended.stdout.contains(" on 3 cases, 2 seeds."), "{}", ended.stdout);
    assert!(ended.stdout.contains("ECE 0."), "{}", ended.stdout);
    let folder = sandbox.path("reports/asked");
    let page = read(&folder.join("index.html"));
    for anchor in ["question-flips", "table-effects", "t-effects-1-2"] {
        assert!(page.contains(&format!("id=\"{anchor}\"")), "{anchor}");
    }
    for figure in ["forest", "paired", "reliability", "volumes-tiny"] {
        let svg = folder.join("figures").join(figure).with_extension("svg");
        assert!(svg.is_file(), "{}", svg.display());
        assert!(svg.with_extension("png").is_file());
    }
    assert!(read(&folder.join("report.md")).contains("Do flips help?"));

    sandbox.write("essay.md", "The seeds scatter by {{noise[foreground].between-seeds}}.\n");
    let with_text = |flag: &str| {
        sandbox.run(&["answer", "--questions", "asked.toml", flag, "--text", "essay.md"])
    };
    with_text("--pin").succeeds();
    assert!(read(&sandbox.path("essay.md")).contains("between-seeds = "));
    with_text("--check").succeeds();
    let tables =
        sandbox.run(&["answer", "--questions", "asked.toml", "--tables"]).succeeds().stdout;
    assert!(tables.contains("effects[setting, class]") && tables.contains("p-holm"), "{tables}");
    assert!(with_text("--fill").succeeds().stdout.starts_with("The seeds scatter by 0."));
    sandbox.write("essay.md", "They scatter by {{noise[foreground].between-seeds = 7.000}}.\n");
    let ended = with_text("--check");
    assert_eq!(ended.code, 1, "{}", ended.stderr);
    assert!(ended.stderr.contains("no longer what the runs say"), "{}", ended.stderr);

    let power = sandbox.run(&["power", "tiny", "plain"]).succeeds();
    assert!(power.stdout.contains("would be found with 80 % power"), "{}", power.stdout);
    let lonely = sandbox.run(&["power", "tiny", "--runs", "nowhere"]);
    assert_eq!(lonely.code, 2, "{}", lonely.stderr);
    assert!(Path::new(&sandbox.path("runs")).is_dir());
}
