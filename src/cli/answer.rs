//! `seglab answer`: the questions of a discussion, answered by the runs there are.
//!
//! Does not know how evidence is computed, or about pages.

use super::{
    evidence::{Gathered, gather},
    folder::folder,
    print::{json, print, warn},
};
use crate::{
    analysis::{
        Evidence, EvidenceOptions, EvidenceTable, Overlays, Verdict,
        answer::{
            Answer, Answers, Discussion, Fragment, Mismatch, answer, check, check_discussion, fill,
            pin,
        },
    },
    base::{Error, Fault, Place, Result, fs},
    report,
};
use clap::Args;
use std::{
    io::Write,
    path::{Path, PathBuf},
};

/// Answers the questions of a discussion and writes them as a page.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "flags of the command line")]
pub(crate) struct Command {
    /// Questions by their short name; without any, all.
    #[arg(value_name = "QUESTION")]
    questions: Vec<String>,
    /// File of the questions.
    #[arg(long = "questions", default_value = "experiments/discussion.toml", value_name = "FILE")]
    file: PathBuf,
    /// Folder of the runs.
    #[arg(long, default_value = "runs", value_name = "DIR", value_parser = folder())]
    runs: PathBuf,
    /// Folder of the reports.
    #[arg(long, default_value = "reports", value_name = "DIR", value_parser = folder())]
    out: PathBuf,
    /// Write no page: fail when a number that was written down in the questions, or in the FILEs
    /// of `--text`, is not what the runs say.
    #[arg(long)]
    check: bool,
    /// Texts with references, for `--check`, `--fill` and `--pin`.
    #[arg(long, value_name = "FILE")]
    text: Vec<PathBuf>,
    /// Print the texts with the numbers in their places.
    #[arg(long, requires = "text", conflicts_with_all = ["check", "pin"])]
    fill: bool,
    /// Write into every reference of the texts what the runs say now, for a later `--check`.
    #[arg(long, requires = "text", conflicts_with = "check")]
    pin: bool,
    /// Print the evidence tables with their keys and columns, to write references.
    #[arg(long, conflicts_with_all = ["check", "pin", "fill"])]
    tables: bool,
    /// Prints JSON.
    #[arg(long)]
    json: bool,
}

impl Command {
    /// Answers, and prints what was found and where the page is.
    pub(crate) fn run(self, out: &mut dyn Write) -> Result<()> {
        let mut discussion = Discussion::read(&self.file, report::FIGURES)?;
        discussion.only(&self.questions)?;
        let asked = EvidenceOptions {
            baseline: discussion.baseline.clone(),
            split: discussion.split,
            margin: discussion.margin,
        };
        let is_page = !(self.check || self.fill || self.pin || self.tables);
        let overlays = if is_page { Overlays::Load } else { Overlays::Skip };
        let gathered = gather(&self.runs, &discussion.experiments, asked, overlays)?;
        if !is_page {
            // The page has them too.
            warn(&gathered.tables.warnings);
        }
        if self.tables {
            return print(out, &listing(&gathered.evidence));
        }
        if gathered.tables.runs.is_empty() && !self.json {
            let whose = discussion
                .baseline
                .as_deref()
                .map_or(String::new(), |name| format!(" of `{name}`, or of what extends it,"));
            let said = format!("no run{whose} in `{}`: nothing is measured\n", self.runs.display());
            print(out, &said)?;
        }
        if self.check {
            return self.check(&discussion, &gathered, out);
        }
        if self.fill || self.pin {
            return self.write_texts(&gathered, out);
        }
        let answers = answer(&discussion, &gathered.evidence, &self.runs.display().to_string())?;
        let Gathered { tables, evidence } = &gathered;
        let page = report::write_discussion(&answers, tables, evidence, &self.out)?;
        if self.json {
            return json(out, &as_json(&answers, evidence, &page));
        }
        let said: Vec<String> = answers.answers.iter().map(spoken).collect();
        print(out, &format!("{}\n{}\n", said.join("\n"), page.display()))
    }

    /// Compares every number that was written down.
    fn check(
        &self,
        discussion: &Discussion,
        gathered: &Gathered,
        out: &mut dyn Write,
    ) -> Result<()> {
        let evidence = &gathered.evidence;
        let mut all = vec![(
            &self.file,
            check_discussion(discussion, evidence)
                .map_err(|reasons| unreadable(&self.file, reasons))?,
        )];
        for path in &self.text {
            let text = fs::read_text(path)?;
            let checked = check(&text, evidence).map_err(|reasons| unreadable(path, reasons))?;
            all.push((path, checked));
        }
        let n: usize = all.iter().map(|(_, checked)| checked.n).sum();
        let n_pinned: usize = all.iter().map(|(_, checked)| checked.n_pinned).sum();
        let empty: Vec<String> = all
            .iter()
            .flat_map(|(path, checked)| {
                let told = |cell| format!("not measured  {cell}  ({})\n", path.display());
                checked.empty.iter().map(told)
            })
            .collect();
        print(out, &empty.concat())?;
        let mut faults = Vec::new();
        for (path, checked) in all {
            let text = fs::read_text(path)?;
            faults.extend(checked.wrong.into_iter().map(|it| told(path, &text, it)));
        }
        if faults.is_empty() {
            let said = "every number that was written down still holds";
            let n_empty = empty.len();
            return print(
                out,
                &format!(
                    "{n} references, {n_pinned} with a number, {n_empty} not measured: {said}\n"
                ),
            );
        }
        Err(Error { faults, ..Error::run(Fault::default()) })
    }

    fn write_texts(&self, gathered: &Gathered, out: &mut dyn Write) -> Result<()> {
        for path in &self.text {
            let text = fs::read_text(path)?;
            let evidence = &gathered.evidence;
            let change = if self.pin { pin } else { fill };
            let changed = change(&text, evidence).map_err(|reasons| unreadable(path, reasons))?;
            if self.pin {
                fs::write_atomic(path, changed.as_bytes())?;
                let checked =
                    check(&changed, evidence).map_err(|reasons| unreadable(path, reasons))?;
                let (n_pinned, n_empty) = (checked.n_pinned, checked.empty.len());
                let said = format!("{n_pinned} numbers written down, {n_empty} not measured");
                print(out, &format!("{}  {said}\n", path.display()))?;
            } else {
                print(out, &changed)?;
            }
        }
        Ok(())
    }
}

/// Tables with what can be cited of each.
fn listing(evidence: &Evidence) -> String {
    let of = |table: &EvidenceTable| {
        let columns: Vec<&str> = table
            .columns
            .iter()
            .map(|column| column.id.as_str())
            .chain(table.unused.iter().map(String::as_str))
            .collect();
        let head = format!("{}[{}]  {}\n", table.id, table.keys.join(", "), table.heading());
        let rows = format!("  {} rows", table.rows.len());
        let first = table
            .rows
            .first()
            .map_or(String::new(), |row| format!(", such as [{}]", row.keys.join(", ")));
        format!("{head}{rows}{first}\n  {}\n", columns.join(", "))
    };
    evidence.tables.iter().map(of).collect::<Vec<_>>().join("\n")
}

fn unreadable(path: &Path, reasons: Vec<String>) -> Error {
    let fault = |reason| Fault::new(reason).at(Place::file(path));
    Error { faults: reasons.into_iter().map(fault).collect(), ..Error::request(Fault::default()) }
}

fn told(path: &Path, text: &str, mismatch: Mismatch) -> Fault {
    let Mismatch { reference, found, why } = mismatch;
    let written = format!("{{{{{reference}}}}}");
    let place = match text.find(&written) {
        Some(start) => {
            let name = path.display().to_string();
            Place::in_text(&name, text, &(start..start + written.len()))
        }
        None => Place::file(path),
    };
    match (found, why) {
        (Some(found), _) => Fault::new("a number is no longer what the runs say")
            .at(place)
            .detail(format!("written  {reference}"))
            .detail(format!("found    {found}"))
            .hint("change the text, or write the numbers of today with `--pin --text FILE`"),
        (None, Some(why)) => Fault::new(format!("`{reference}` cannot be found: {why}")).at(place),
        (None, None) => Fault::new("a number was written down that no run supports")
            .at(place)
            .detail(format!("written  {reference}")),
    }
}

/// A question with its answer, for a terminal.
fn spoken(answer: &Answer) -> String {
    let words = |spans: &[Fragment]| spans.iter().map(Fragment::text).collect::<String>();
    let verdict = match (answer.verdict.map(Verdict::words), &answer.strength) {
        (Some(verdict), Some(strength)) => format!("; {verdict} (evidence: {strength})"),
        (Some(verdict), None) => format!("; {verdict}"),
        (None, _) => String::new(),
    };
    let mut lines = vec![
        format!("{} [{}]", answer.ask, answer.id),
        format!("  {}{verdict}", answer.status.words()),
    ];
    lines.extend(answer.beware.iter().map(|beware| format!("  beware: {beware}")));
    lines.extend(answer.claim.iter().map(|sentence| format!("  {}", words(sentence))));
    let n_missing = answer.missing.len();
    if n_missing > 0 {
        let sentences = if n_missing == 1 { "statement" } else { "statements" };
        lines.push(format!("  not measured: {n_missing} {sentences}"));
    }
    let mut commands: Vec<&String> = Vec::new();
    for command in answer.missing.iter().filter_map(|missing| missing.command.as_ref()) {
        if !commands.contains(&command) {
            commands.push(command);
        }
    }
    lines
        .extend(commands.into_iter().map(|command| format!("    would be measured by: {command}")));
    lines.join("\n") + "\n"
}

fn as_json(answers: &Answers, evidence: &Evidence, page: &Path) -> serde_json::Value {
    let words = |spans: &[Fragment]| spans.iter().map(Fragment::text).collect::<String>();
    let of = |answer: &Answer| {
        serde_json::json!({
            "id": answer.id,
            "ask": answer.ask,
            "standing": answer.status,
            "verdict": answer.verdict.map(Verdict::words),
            "strength": answer.strength,
            "beware": answer.beware,
            "basis": answer.basis,
            "claim": answer.claim.iter().map(|spans| words(spans)).collect::<Vec<_>>(),
            "missing": answer.missing,
            "runs": answer.runs,
            "again": answer.again,
        })
    };
    serde_json::json!({
        "page": page.display().to_string(),
        "answers": answers.answers.iter().map(of).collect::<Vec<_>>(),
        "tables": evidence.tables,
    })
}
