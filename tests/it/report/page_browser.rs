//! The report's page in a real browser, headless; skipped where there is none and none is needed.

use crate::{
    report::{
        page::without,
        sweep_report::{TWO_AXES, mixed, skill},
    },
    support::{
        optional_tool::skip_without,
        synthetic_runs::tables,
        synthetic_sweep::{NAME, Recipe, SyntheticSweep},
    },
};
use seglab::report::{write, write_sweep};
use serde_json::Value;
use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

/// Longest wait for the browser: two seconds on an idle machine.
const PATIENCE: Duration = Duration::from_mins(2);

/// Keeps a browser from looking for anything but the page.
const QUIET: [&str; 10] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
];

/// What the browser is called here: `$CHROMIUM` or one of the usual names.
fn browser() -> Option<PathBuf> {
    let named = std::env::var_os("CHROMIUM").map(PathBuf::from);
    let names = ["chromium", "chromium-browser", "google-chrome"].map(PathBuf::from);
    named.into_iter().chain(names).find(|program| {
        let asked = Command::new(program)
            .arg("--version")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        asked.is_ok_and(|status| status.success())
    })
}

/// The browser; without one the test is skipped.
fn browser_or_skip() -> Option<PathBuf> {
    let found = browser();
    if found.is_none() {
        skip_without("browser", "there is no Chromium to look at the page with");
    }
    found
}

/// The document at a path once its scripts are done.
fn document(browser: &Path, page: &Path, more: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    let seen = folder.path().join("seen.html");
    let mut child = Command::new(browser)
        .args(QUIET)
        .args(["--dump-dom", "--virtual-time-budget=20000"])
        .arg(format!("--user-data-dir={}", folder.path().join("profile").display()))
        .args(more)
        .arg(format!("file://{}", page.display()))
        .stdout(std::fs::File::create(&seen).unwrap())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let began = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if began.elapsed() > PATIENCE {
            child.kill().unwrap();
            child.wait().unwrap();
            panic!("the browser does not end");
        }
        thread::sleep(Duration::from_millis(20));
    }
    std::fs::read_to_string(seen).unwrap()
}

/// What a page does in a window of this width when it is used; `table` is the one to try, `words`
/// are to be found in one of its rows.
fn used(browser: &Path, page: &Path, [table, words]: [&str; 2], width: u32) -> Value {
    let file = |name: &str| {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/page").join(name);
        std::fs::read_to_string(path).unwrap()
    };
    let script = |name: &str| format!("<script>{}</script>", file(name));
    let text = std::fs::read_to_string(page).unwrap();
    let body = format!("<body data-table=\"{table}\" data-words=\"{words}\">");
    let text = text
        .replacen("<script>", &format!("{}<script>", script("before.js")), 1)
        .replacen("<body>", &body, 1)
        .replacen("</body>", &format!("{}</body>", script("after.js")), 1);
    std::fs::write(page.with_file_name("used.html"), text).unwrap();
    let around = page.with_file_name("around.html");
    let frame = file("around.html").replace("WIDTH", &width.to_string());
    std::fs::write(&around, frame).unwrap();
    let seen = document(browser, &around, &["--window-size=1500,1000"]);
    let found = seen.split_once("<pre id=\"found\">").map(|it| it.1);
    let found = found.and_then(|it| it.split_once("</pre>")).map(|it| it.0);
    let found = found.unwrap_or_else(|| panic!("the page was not used: {seen:.2000}"));
    let found = found.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
    serde_json::from_str(&found).unwrap()
}

/// What must hold for every page, in every window.
fn assert_sound(found: &Value, n_figures: usize, n_pictures: usize) {
    for nothing in ["heard", "invisible", "repeated", "requests"] {
        assert_eq!(found[nothing], Value::Array(vec![]), "{nothing}");
    }
    for none in ["deadLinks", "unsortable", "unfiltered"] {
        assert_eq!(found[none], 0, "{none}");
    }
    assert_eq!((&found["figures"], &found["pictures"]), (&n_figures.into(), &n_pictures.into()));
    let width = &found["width"];
    assert!(width[0].as_u64() <= width[1].as_u64(), "the page is wider than its window: {width}");
    assert_eq!(found["current"], found["parts"], "the navigation shows where one is");
    let [light, dark] = [
        ["Dark page", "rgb(246, 247, 248)", "rgb(255, 255, 255)"],
        ["Light page", "rgb(21, 24, 27)", "rgb(30, 35, 39)"],
    ];
    assert_eq!(found["paints"], serde_json::json!([light, dark, light]));
}

/// Texts of a column: as written, ascending, descending, as written again.
fn orders(found: &Value, head: &str) -> [Vec<String>; 4] {
    let steps = &found["sorts"][head];
    let said = [1, 3, 5].map(|at| steps[at].as_str());
    assert_eq!(said, [Some("ascending"), Some("descending"), None], "{head}");
    [0, 2, 4, 6].map(|at| serde_json::from_value(steps[at].clone()).unwrap())
}

/// Numbers at the beginnings of texts; a dash has none.
fn numbers(texts: &[String]) -> Vec<Option<f64>> {
    texts.iter().map(|text| text.split_whitespace().next().unwrap().parse().ok()).collect()
}

/// Fails unless a column was sorted by its numbers both ways, what is undefined last.
fn assert_sorted(found: &Value, head: &str, n_undefined: usize) {
    let [before, up, down, after] = orders(found, head);
    assert_eq!(before, after, "{head}: the third click restores the order");
    let [up, down] = [up, down].map(|texts| numbers(&texts));
    for (column, direction) in [(up, 1.0), (down, -1.0)] {
        let (known, undefined) = column.split_at(before.len() - n_undefined);
        assert!(undefined.iter().all(Option::is_none), "{head}: {undefined:?}");
        let known: Vec<f64> = known.iter().map(|it| direction * it.unwrap()).collect();
        assert!(known.is_sorted(), "{head}: {known:?}");
    }
}

#[test]
fn a_page_of_runs_is_sound_and_its_tables_sort_and_filter() {
    let Some(browser) = browser_or_skip() else { return };
    let folder = tempfile::tempdir().unwrap();
    let page = write(&tables(12), "made-up", folder.path()).unwrap();
    for width in [400, 1400] {
        let found = used(&browser, &page, ["#cases table", "CASE_003  metastasis f0-s2"], width);
        assert_eq!(found["width"][1], width);
        assert_sound(&found, 14, 12);
        // One case of every run holds no metastasis.
        assert_sorted(&found, "Dice", 12);
        assert_sorted(&found, "run", 0);
        assert_sorted(&found, "prediction", 0);
        let [written, up, ..] = orders(&found, "class");
        assert!(up.is_sorted() && !written.is_sorted());
        let expected =
            serde_json::json!(["216 of 216", 0, "0 of 216", 4, "4 of 216", 216, "216 of 216"]);
        assert_eq!(found["filter"], expected);
    }
}

#[test]
fn a_page_of_a_sweep_is_sound() {
    let Some(browser) = browser_or_skip() else { return };
    let recipe = Recipe { text: TWO_AXES, n_cases: 12, epochs: 8, fate: &mixed, skill: &skill };
    let sweep = SyntheticSweep::new(&recipe).tables();
    let folder = tempfile::tempdir().unwrap();
    let page = write_sweep(&sweep, NAME, folder.path()).unwrap();
    let text = std::fs::read_to_string(&page).unwrap();
    let n_figures = text.matches("<figure class=\"drawing\"").count();
    let n_pictures = text.matches("<img ").count();
    assert!(n_figures > 4 && n_pictures > 1, "{n_figures} {n_pictures}");
    for width in [400, 1400] {
        let found = used(&browser, &page, ["#cases table", "no-such"], width);
        assert_sound(&found, n_figures, n_pictures);
    }
}

#[test]
fn a_page_can_be_read_without_scripts() {
    let Some(browser) = browser_or_skip() else { return };
    let folder = tempfile::tempdir().unwrap();
    let page = write(&tables(3), "made-up", folder.path()).unwrap();
    // With scripts disabled `--dump-dom` itself is mute.
    let text = without(&std::fs::read_to_string(&page).unwrap(), "script");
    std::fs::write(&page, &text).unwrap();
    let seen = document(&browser, &page, &[]);
    for mark in ["<tr>", "<svg", "<img", "<section", "<td"] {
        assert_eq!(seen.matches(mark).count(), text.matches(mark).count(), "{mark}");
    }
    assert!(!seen.contains("class=\"theme\"") && !seen.contains("class=\"filter\""));
}
