//! Reports of made-up runs: same bytes, nothing missing, nothing that could break the page.

use crate::{
    record::recorder::{finished, plan},
    support::synthetic_runs::{CLASSES, tables},
};
use clap::Parser;
use seglab::{
    analysis::{Mean, RunState, Split, Tables},
    cli::Arguments,
    report::write,
};
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

/// Every file below a folder.
pub(crate) fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.insert(path.clone(), fs::read(&path).unwrap());
        }
    }
    found
}

/// The page and the Markdown of these tables.
fn written(tables: &Tables) -> (String, String) {
    let folder = tempfile::tempdir().unwrap();
    let page = write(tables, "made-up", folder.path()).unwrap();
    let markdown = page.with_file_name("report.md");
    (fs::read_to_string(page).unwrap(), fs::read_to_string(markdown).unwrap())
}

/// The markup without what stands in elements of this name.
pub(crate) fn without(markup: &str, name: &str) -> String {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    let mut parts = markup.split(&open);
    let first = parts.next().unwrap_or_default();
    let rest = parts.map(|part| part.split_once(&close).unwrap().1);
    std::iter::once(first).chain(rest).collect()
}

/// Fails unless every element that is opened is closed in its turn.
pub(crate) fn assert_balanced(markup: &str) {
    let mut open: Vec<&str> = Vec::new();
    let markup = without(&without(markup, "style"), "script");
    for tag in markup.split('<').skip(1) {
        let (tag, _) = tag.split_once('>').unwrap_or_else(|| panic!("`<{tag}` has no end"));
        let name = tag.trim_start_matches('/').split([' ', '/', '\n']).next().unwrap();
        let is_void = ["!DOCTYPE", "meta", "img", "wbr"].contains(&name) || tag.ends_with('/');
        if tag.starts_with('/') {
            assert_eq!(open.pop(), Some(name), "`</{name}>` closes another element");
        } else if !is_void {
            open.push(name);
        }
    }
    assert!(open.is_empty(), "never closed: {open:?}");
}

#[test]
fn same_rows_in_any_order_give_the_same_bytes() {
    let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut made_up = tables(5);
    made_up.runs[0].overlays.push(("best-case_001.png".into(), vec![1, 2, 3]));
    write(&made_up, "made-up", first.path()).unwrap();
    made_up.runs.reverse();
    made_up.runs[4].overlays.reverse();
    made_up.epochs.rotate_left(77);
    made_up.scores.reverse();
    write(&made_up, "made-up", second.path()).unwrap();
    let relative = |folder: &Path| -> BTreeMap<PathBuf, Vec<u8>> {
        let strip = |path: PathBuf| path.strip_prefix(folder).unwrap().to_path_buf();
        files(folder).into_iter().map(|(path, bytes)| (strip(path), bytes)).collect()
    };
    let (first, second) = (relative(first.path()), relative(second.path()));
    assert_eq!(first.keys().collect::<Vec<_>>(), second.keys().collect::<Vec<_>>());
    for (path, bytes) in &first {
        assert!(second[path] == *bytes, "`{}` differs", path.display());
    }
}

#[test]
fn page_needs_nothing_but_itself() {
    let (page, _) = written(&tables(3));
    assert_balanced(&page);
    assert_eq!(page.matches("<script").count(), 1);
    assert!(page.contains("content=\"default-src 'none'; img-src data:; "));
    let script = page.split_once("<script>").unwrap().1.split_once("</script>").unwrap().0;
    assert!(script.contains("'use strict'") && script.len() < 8_000, "{} bytes", script.len());
    // Without scripts everything is there to be read, and nothing that only they could move.
    let still = without(&without(&page, "script"), "style");
    assert!(!["<button", "<input", " hidden", "onclick"].iter().any(|it| still.contains(it)));
    let own = page.replace("xmlns=\"http://www.w3.org/2000/svg\"", "").replace("url(#", "");
    for address in ["http:", "https:", "//", "url(", "@import"] {
        // Base64 may hold two slashes.
        let markup = own.split("base64,").map(|part| part.split_once('"').map_or(part, |it| it.1));
        assert!(!markup.skip(1).any(|part| part.contains(address)), "asks for `{address}`");
        assert!(!own.split("base64,").next().unwrap().contains(address), "asks for `{address}`");
    }
    let sources: Vec<&str> = page.split("src=\"").skip(1).collect();
    assert_eq!(sources.len(), 3);
    assert!(sources.iter().all(|source| source.starts_with("data:image/png;base64,iVBORw0KGgo")));
}

#[test]
fn sections_come_in_reading_order() {
    let mut made_up = tables(3);
    made_up.runs[2].status = RunState::Failed;
    made_up.runs[2].reason = Some("loss became NaN at epoch 12".into());
    let (page, markdown) = written(&made_up);
    let titles = [
        "Runs",
        "Runs that stopped",
        "Learning curves",
        "Settings, seeds as bands",
        "Dice of the validation cases",
        "Confusion of classes",
        "Data and classes",
        "Scores by setting and class",
        "Surfaces",
        "Lesions and volumes",
        "Cases",
        "Overlays",
        "Errors taken apart",
        "Trust",
        "Ablations",
        "Ranks",
        "Published by others",
        "What could be told",
        "Provenance",
        "Definitions",
    ];
    let headings = |text: &str, mark: &str, end: char| -> Vec<String> {
        text.split(mark).skip(1).map(|rest| rest.split(end).next().unwrap().into()).collect()
    };
    assert_eq!(headings(&page, "<h2>", '<'), titles);
    assert_eq!(headings(&markdown, "\n## ", '\n'), titles);
    assert!(page.contains("loss became NaN at epoch 12"));
    assert!(markdown.contains("loss became NaN at epoch 12"));
    assert!(!page.contains("test Dice"), "there are no test cases");
}

#[test]
fn every_text_of_the_user_is_escaped() {
    let evil = "<img src=x onerror=alert(1)>|`&\"'";
    let mut made_up = tables(2);
    let old = made_up.runs[1].run.clone();
    let run = &mut made_up.runs[1];
    run.run = format!("run{evil}");
    run.experiment = evil.into();
    run.question = evil.into();
    run.reason = Some(evil.into());
    run.settings.insert(evil.into(), evil.into());
    run.classes[1] = evil.into();
    run.created = evil.into();
    run.commit = Some(evil.into());
    run.device = Some(evil.into());
    run.data_fingerprint = Some(evil.into());
    run.split_fingerprint = Some(evil.into());
    run.overlays[0].0 = format!("{evil}.png");
    made_up
        .epochs
        .iter_mut()
        .filter(|row| row.run == old)
        .for_each(|row| row.run = format!("run{evil}"));
    for row in made_up.scores.iter_mut().filter(|row| row.run == old) {
        row.run = format!("run{evil}");
        row.score.case = evil.into();
        if row.score.class == 1 {
            row.score.class_name = evil.into();
        }
    }
    let folder = tempfile::tempdir().unwrap();
    write(&made_up, evil, folder.path()).unwrap();
    let files = files(folder.path());
    // Page, text, two overlays, and ten figures twice.
    assert_eq!(files.len(), 24, "{:?}", files.keys());
    for (path, bytes) in files {
        if path.extension().is_some_and(|ending| ending != "png") {
            let text = String::from_utf8(bytes).unwrap();
            assert!(!text.contains("<img src=x"), "{}", path.display());
            if path.extension().is_some_and(|ending| ending != "md") {
                assert_balanced(&text);
            }
        }
    }
}

#[test]
fn finding_repeats_the_highest_validation_mean_and_its_count() {
    let mut made_up = tables(3);
    for (run_idx, dice) in [0.5, 0.75, 0.25].into_iter().enumerate() {
        made_up.runs[run_idx].valid_foreground = Mean { mean: Some(dice), n: 17 - run_idx };
    }
    let said = "Of 3 runs with validation scores, run 2 (dice-foreground-f0-s1) has the highest \
                mean foreground Dice: 0.750 (n 16 case-class pairs).";
    assert!(written(&made_up).0.contains(said));
    made_up.runs[0].valid_foreground.mean = Some(0.75);
    let equal = "run 1 (baseline-f0-s1) has the highest mean foreground Dice: 0.750 (n 17 \
                 case-class pairs) (to three decimals the same: run 2 (dice-foreground-f0-s1)).";
    assert!(written(&made_up).0.contains(equal));
}

#[test]
fn undefined_means_are_dashes_and_counts_stand_beside_means() {
    let mut made_up = tables(1);
    made_up.runs[0].valid_dice[2] = Mean { mean: None, n: 0 };
    made_up.runs[0].valid_dice[1] = Mean { mean: Some(0.4375), n: 4 };
    let (page, markdown) = written(&made_up);
    let cells =
        ["data-value=\"0.4375\">0.438 <small>n&nbsp;4", "data-value=\"\">- <small>n&nbsp;0"];
    for cell in cells {
        assert!(page.contains(&format!("<td class=\"number\" {cell}</small></td>")), "{cell}");
    }
    assert!(markdown.contains("| 0.438 (n 4) | - (n 0) |"));
}

#[test]
fn test_scores_have_columns_and_a_figure_and_choose_nothing() {
    let mut made_up = tables(2);
    for run in &mut made_up.runs {
        run.test_dice = vec![Mean { mean: Some(0.321), n: 2 }; 3];
        run.test_foreground = Mean { mean: Some(0.321), n: 4 };
    }
    made_up.scores.iter_mut().for_each(|row| row.score.split = Split::Test);
    let (page, markdown) = written(&made_up);
    assert!(page.contains("Dice of the test cases on their native grid, 2 runs"));
    assert!(!page.contains("Dice of the validation cases on their native grid"));
    assert!(markdown.contains("| 0.321 (n 4) | 0.321 (n 2) | 0.321 (n 2) | 0.321 (n 2) |"));
    assert!(!markdown.contains("**0.321**"));
}

#[test]
fn runs_over_other_data_are_not_compared_silently() {
    let mut made_up = tables(3);
    assert!(!written(&made_up).0.contains("Warning."));
    made_up.runs[1].data_fingerprint = Some("0badf00d".into());
    let (page, markdown) = written(&made_up);
    assert!(page.contains("The runs saw different data (0badf00d: run 2 | 5f3c9a10: runs 1, 3)"));
    assert!(markdown.contains("> [!WARNING]\n> The runs saw different data"));
    made_up.runs[1].data_fingerprint = made_up.runs[0].data_fingerprint.clone();
    made_up.runs[2].split_fingerprint = Some("0badf00d".into());
    let (page, markdown) = written(&made_up);
    assert!(page.contains("The runs split the data differently (0badf00d: run 3 | 77aa00ee: "));
    assert!(!markdown.contains("**0."), "no highest mean is marked among runs of other cases");
    let (warning, table) = (markdown.find("[!WARNING]"), markdown.find("## Runs"));
    assert!(warning < table, "the warning stands above the tables");

    made_up.runs[2].split_fingerprint = made_up.runs[0].split_fingerprint.clone();
    assert!(!written(&made_up).0.contains("Warning."));
    made_up.runs[0].score_definitions = Some(2);
    assert!(written(&made_up).0.contains("The runs define their scores differently (1: runs 2, 3"));
}

#[test]
fn a_dozen_runs_have_a_dozen_strokes_and_names() {
    let folder = tempfile::tempdir().unwrap();
    let made_up = tables(12);
    let page = write(&made_up, "made-up", folder.path()).unwrap();
    let curves = fs::read_to_string(page.with_file_name("figures").join("curves.svg")).unwrap();
    assert_balanced(&curves);
    // The report numbers runs in order of their ids; the labels lack the digest.
    let mut ids: Vec<&str> = made_up.runs.iter().map(|run| run.run.as_str()).collect();
    ids.sort_unstable();
    let legend = ids.iter().map(|id| &id[..id.len() - "-01234567".len()]);
    for (run_idx, label) in legend.enumerate() {
        assert!(curves.contains(&format!("{} {label}\n", run_idx + 1)), "{label} is not named");
    }
    let strokes: std::collections::BTreeSet<&str> = curves
        .split("<polyline")
        .filter(|line| line.contains("stroke-width=\"2\""))
        .filter_map(|line| Some(line.split_once("stroke=\"")?.1.split_once('"')?.0))
        .collect();
    assert_eq!(strokes.len(), 12);
    for class in &CLASSES[1..] {
        assert!(curves.contains(&format!("Validation Dice, {class}, n 9 cases")));
    }
}

/// As many runs, each with pictures of these sizes and this many cases.
fn heavy(n_runs: usize, n_cases: usize, picture_bytes: &[usize]) -> Tables {
    let mut made_up = tables(n_runs);
    for run in &mut made_up.runs {
        let names = (1..).map(|rank| format!("{rank:02}_case_{rank:03}.png"));
        let pngs = picture_bytes.iter().map(|n_bytes| vec![run.seed as u8; *n_bytes]);
        run.overlays = names.zip(pngs).collect();
    }
    let few = std::mem::take(&mut made_up.scores);
    for copy in 0..n_cases.div_ceil(9) {
        made_up.scores.extend(few.iter().cloned().map(|mut row| {
            row.score.case = format!("{}-{copy}", row.score.case);
            row
        }));
    }
    made_up
}

#[test]
fn a_page_of_a_dozen_runs_can_be_sent() {
    let folder = tempfile::tempdir().unwrap();
    // As large as slices of 512 x 512 voxels are.
    let made_up = heavy(12, 50, &[220_000; 5]);
    let page = write(&made_up, "made-up", folder.path()).unwrap();
    let text = fs::read_to_string(&page).unwrap();
    assert!(text.len() < 5_000_000, "{} bytes", text.len());
    // The best, the median and the worst of the first runs; the others are files that it names.
    assert_eq!(text.matches("data:image/png").count(), 11);
    assert!(text.contains("49 more pictures, too many for one page, in the report's folder"));
    let named = text.split("<li><code>overlays/").skip(1);
    let named: Vec<&str> = named.map(|rest| rest.split_once('<').unwrap().0).collect();
    let overlays = page.with_file_name("overlays");
    assert_eq!(named.len(), 49);
    assert!(named.iter().all(|path| overlays.join(path).is_file()));
    assert!(named[0].ends_with("02_case_002.png"), "{}", named[0]);
    let markdown = fs::read_to_string(page.with_file_name("report.md")).unwrap();
    assert_eq!((markdown.matches("![").count(), markdown.matches("\n- [").count()), (25, 49));
}

#[test]
fn a_page_of_many_runs_says_where_all_rows_are() {
    let folder = tempfile::tempdir().unwrap();
    let made_up = heavy(200, 50, &[220_000; 3]);
    assert!(made_up.scores.len() > 30_000);
    let page = write(&made_up, "made-up", folder.path()).unwrap();
    let text = fs::read_to_string(&page).unwrap();
    assert!(text.len() < 12_000_000, "{} bytes", text.len());
    let said = "The first 500 of 21600 rows. All: <code>seglab runs list --csv=scores</code>";
    assert!(text.contains(said));
}

#[test]
fn a_run_without_any_row_is_listed() {
    let mut made_up = tables(1);
    made_up.epochs.clear();
    made_up.scores.clear();
    let run = &mut made_up.runs[0];
    run.status = RunState::Queued;
    run.valid_dice.clear();
    run.valid_foreground = Mean::default();
    run.valid_confusion.clear();
    let (page, _) = written(&made_up);
    assert!(page.contains("No run has validation scores on the native grid yet."));
    assert!(page.contains("<td>queued</td>"));
    assert!(!page.contains("<figure class=\"drawing\">"));
}

#[test]
fn markdown_links_to_files_that_are_there_and_old_figures_go() {
    let folder = tempfile::tempdir().unwrap();
    let page = write(&tables(2), "made-up", folder.path()).unwrap();
    let root = page.parent().unwrap();
    fs::write(root.join("figures/dice-test.svg"), "old").unwrap();
    write(&tables(2), "made-up", folder.path()).unwrap();
    assert!(!root.join("figures/dice-test.svg").exists());
    let markdown = fs::read_to_string(root.join("report.md")).unwrap();
    let links: Vec<&str> =
        markdown.split("](").skip(1).map(|rest| rest.split_once(')').unwrap().0).collect();
    assert_eq!(links.len(), 15);
    assert!(links.iter().all(|link| root.join(link).is_file()), "{links:?}");
    let drawings = links.iter().map(|link| root.join(link));
    let drawings = drawings.filter(|path| path.extension().is_some_and(|end| end == "svg"));
    let mut n_pictures = 0;
    for drawing in drawings {
        let picture = fs::read(drawing.with_extension("png")).unwrap();
        assert!(picture.starts_with(b"\x89PNG\r\n\x1a\n"));
        n_pictures += 1;
    }
    assert!(n_pictures >= 3, "{n_pictures} figures are pictures too");
}

fn report(runs: &Path, out: &Path, experiments: &[&str]) -> Result<String, String> {
    let line = ["seglab", "report", "--runs"].map(PathBuf::from).into_iter();
    let folders = [runs.to_path_buf(), "--out".into(), out.to_path_buf()];
    let line = line.chain(folders).chain(experiments.iter().map(PathBuf::from));
    let mut said = Vec::new();
    let arguments = Arguments::try_parse_from(line).unwrap();
    arguments.run(&mut said).map_err(|error| error.to_string())?;
    Ok(String::from_utf8(said).unwrap())
}

#[test]
fn command_prints_where_the_page_is() {
    let folder = tempfile::tempdir().unwrap();
    let (runs, out) = (folder.path().join("runs"), folder.path().join("reports"));
    finished(&runs, &plan("tiny-f0-s1-01234567", 1));
    let said = report(&runs, &out, &[]).unwrap();
    assert_eq!(Path::new(said.trim_end()), out.join("tiny/index.html"));
    assert!(fs::read_to_string(said.trim_end()).unwrap().contains("tiny-f0-s1-01234567"));
}

#[test]
fn command_without_runs_says_how_to_make_one() {
    let folder = tempfile::tempdir().unwrap();
    let message = report(folder.path(), folder.path(), &[]).unwrap_err();
    let expected = format!(
        "error: there are no runs in `{}`\nhint: make one with `seglab run SPEC`",
        folder.path().display()
    );
    assert_eq!(message, expected);
}
