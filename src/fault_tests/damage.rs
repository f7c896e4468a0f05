//! Damage: each file of a finished and of an interrupted run is cut short or has a bit flipped. Then
//! the run is read, and continued.
//!
//! Damage may be reported (an error, a note, a finding), may not matter (a cache, a pointer that is
//! derived again), or may be repaired by continuing. It must never be believed: no reader may return
//! other values without a message.
//!
//! Does not know about other faults.

use super::{
    child::{Workspace, copy},
    compare::{Tolerance, compare},
    kills::words,
    outcome::Outcome,
    reference::Reference,
};
use crate::{
    base::{
        Error, ErrorCode, Fault, Result, crash, fs,
        random::{Draw, Stream},
    },
    record::{
        self, FailureClass, Finding, RunFiles, SUMMARY, Status,
        checkpoint::{best, last},
        diagnose,
        format::{ATTEMPTS, LEASE, RESERVE},
        read_run, repair,
    },
};
use std::path::{Path, PathBuf};

/// How much is tested.
#[derive(Debug, Clone, Copy)]
pub(super) struct Extent {
    /// Bits flipped in each file.
    pub(super) n_flips: usize,
    /// Damaged runs that are continued.
    pub(super) n_resumed: usize,
}

/// Files up to this length are cut at every tenth byte, longer ones at so many places.
const SHORT: usize = 2000;
const N_CUTS: usize = 12;

/// Damages runs.
///
/// # Errors
/// When a child cannot be started or a file cannot be written; problems are in the outcome.
pub(super) fn run(
    reference: &Reference,
    folder: &Path,
    seed: u64,
    extent: Extent,
) -> Result<Outcome> {
    let mut outcome = Outcome::new("damage");
    let mut draws = Draw { seed, epoch: 0, case: "damage" }.stream("damage");
    let workspace = Workspace::new(folder.join("finished"), &reference.data)?;
    let experiment = workspace.runs().join(record::experiment_of(&reference.dir));
    copy(&reference.dir, &experiment.join(record::id_of(&reference.dir)))?;
    read_all(&workspace, "finished", &mut draws, extent, &mut outcome)?;

    let workspace = interrupted(reference, folder)?;
    read_all(&workspace, "interrupted", &mut draws, extent, &mut outcome)?;
    let dir =
        workspace.only_run()?.ok_or_else(|| Fault::new("the interrupted run left no directory"))?;
    let files = files(&dir)?;
    for number in 0..extent.n_resumed {
        // Each file in turn, so that all are tested when there are enough trials.
        let Some(file) = files.get(number % files.len().max(1)) else { break };
        let file = file.strip_prefix(&workspace.folder).unwrap_or(file);
        continue_run(
            reference,
            &workspace,
            &folder.join(format!("go-on-{number:03}")),
            file,
            &mut draws,
            &mut outcome,
        )?;
    }
    Ok(outcome)
}

/// A run that was killed in its second half.
fn interrupted(reference: &Reference, folder: &Path) -> Result<Workspace> {
    let workspace = Workspace::new(folder.join("interrupted"), &reference.data)?;
    let commits =
        (1..).zip(&reference.operations).filter(|(_, what)| **what == "checkpoint commit");
    let last = commits.map(|(number, _)| number).last().unwrap_or(1);
    let ended = workspace.run(&format!("kill@{last}"))?;
    if ended.was_killed {
        return Ok(workspace);
    }
    let fault = Fault::new("a run could not be interrupted").detail(ended.message());
    Err(Error::run(fault))
}

/// A change to a file's bytes.
#[derive(Debug, Clone, Copy)]
enum Change {
    Cut(usize),
    Flip { byte: usize, bit: usize },
}

impl Change {
    fn of(self, bytes: &[u8]) -> Vec<u8> {
        let mut changed = bytes.to_vec();
        match self {
            Self::Cut(length) => changed.truncate(length),
            Self::Flip { byte, bit } => changed[byte] ^= 1 << bit,
        }
        changed
    }
}

/// A change of a file of `n_bytes`.
fn changes(n_bytes: usize, n_flips: usize, draws: &mut Stream) -> Vec<Change> {
    let step = if n_bytes <= SHORT { 10 } else { n_bytes.div_ceil(N_CUTS) };
    let cuts = (0..n_bytes).step_by(step).map(Change::Cut);
    // A torn write ends in the last bytes.
    let ends = (1..=2).filter_map(|n| n_bytes.checked_sub(n)).map(Change::Cut);
    let flips = (0..if n_bytes == 0 { 0 } else { n_flips })
        .map(|_| Change::Flip { byte: draws.below(n_bytes), bit: draws.below(8) });
    cuts.chain(ends).chain(flips).collect()
}

/// An undamaged run, and what is shown of it.
struct Sound<'a> {
    dir: &'a Path,
    run: RunFiles,
    findings: Vec<Finding>,
    /// What `seglab runs` shows of it and its epochs.
    listed: [String; 2],
}

/// Damages each file in place, reads the run, and restores the file.
fn read_all(
    workspace: &Workspace,
    kind: &str,
    draws: &mut Stream,
    extent: Extent,
    outcome: &mut Outcome,
) -> Result<()> {
    let dir = workspace.only_run()?.ok_or_else(|| Fault::new("there is no run to damage"))?;
    let (run, findings) = (read_run(&dir)?, diagnose(&dir));
    let sound = Sound {
        dir: &dir,
        run,
        findings,
        listed: [workspace.ask(LISTS[0])?.1, workspace.ask(LISTS[1])?.1],
    };
    for path in files(&dir)? {
        let bytes = fs::read(&path)?;
        let name = path.strip_prefix(&dir).unwrap_or(&path).display().to_string();
        for (number, change) in changes(bytes.len(), extent.n_flips, draws).into_iter().enumerate()
        {
            fs::write_plain(&path, &change.of(&bytes))?;
            match judge(&sound, &name) {
                Ok(report) => outcome.count(format!("{kind}: {report}"), 1),
                Err(wrong) => outcome.problem(format!("{kind}: `{name}` {change:?}: {wrong}")),
            }
            // A process is slower than a call, so `seglab runs` is called less often.
            if number % LISTED_EVERY == 0 || is_cache(&name) {
                let wrong = believed(workspace, &sound)?;
                outcome.count(format!("{kind}: listed"), 1);
                outcome.problems(&format!("{kind}: `{name}` {change:?}"), wrong);
            }
            // Restores what reading has rewritten.
            fs::write_plain(&path, &bytes)?;
        }
    }
    Ok(())
}

const LISTS: [&[&str]; 2] = [&["runs", "list", "--csv=runs"], &["runs", "list", "--csv=epochs"]];
/// `seglab runs` is called for one of so many changes.
const LISTED_EVERY: usize = 5;

/// What is wrong with the output for a damaged run. It may be shorter, or report the damage, but
/// every other line must be in the output for the undamaged run.
fn believed(workspace: &Workspace, sound: &Sound<'_>) -> Result<Option<String>> {
    // The epochs of an interrupted run are those in its log, however short.
    let n_skipped = usize::from(!sound.run.status.status.is_answered());
    for (list, known) in LISTS.iter().zip(&sound.listed).skip(n_skipped) {
        let (ended, listed) = workspace.ask(list)?;
        if let Some(wrong) = ended.misbehaved().pop() {
            return Ok(Some(wrong));
        }
        let is_told = |line: &&str| line.contains(",damaged,");
        let is_known = |line: &&str| known.lines().any(|known| known == *line);
        // The columns depend on what could be read.
        let wrong = listed.lines().skip(1).find(|line| !is_known(line) && !is_told(line));
        if let Some(line) = wrong {
            return Ok(Some(format!("`seglab runs` believed it: {line}")));
        }
    }
    Ok(None)
}

/// Whether a damaged file is rewritten from others. For such a file the list is checked each time.
fn is_cache(name: &str) -> bool {
    name == SUMMARY || Path::new(name).extension().is_some_and(|end| end == "parquet")
}

/// The result of reading a damaged run; an error when the damage is believed, or a reader panics.
fn judge(sound: &Sound<'_>, name: &str) -> std::result::Result<&'static str, String> {
    let (dir, whole) = (sound.dir, &sound.run);
    let findings = crash::catch("the doctor", || Ok(diagnose(dir))).map_err(|e| words(&e))?;
    let run = match crash::catch("the reader", || read_run(dir)) {
        Ok(run) => run,
        Err(error) if error.code == ErrorCode::Panic => return Err(words(&error)),
        Err(_) => return Ok("outcome by the reader"),
    };
    for find in [best, last] {
        match crash::catch("the reader of checkpoints", || find(dir)) {
            Err(error) if error.code == ErrorCode::Panic => return Err(words(&error)),
            Err(_) => return Ok("reported by the checkpoint's hashes"),
            Ok(_) => {}
        }
    }
    let is_told = findings != sound.findings;
    if content(&run) == content(whole) {
        return match name {
            _ if !run.notes.is_empty() => Ok("reported by a note, nothing lost"),
            _ if is_told => Ok("outcome by the doctor"),
            name if is_needless(name) => Ok("harmless: it is not read any more"),
            name if is_cache(name) => Ok("harmless: a cache that is rewritten"),
            _ => Err("its bytes changed, and no reader noticed".to_owned()),
        };
    }
    // An earlier kill leaves such a log too. Continuing finds the checkpoints that need the rest, and
    // sets them aside.
    let is_shorter = whole.events.starts_with(&run.events)
        && whole.cases.starts_with(&run.cases)
        && standing(&run) == standing(whole)
        && run.resolved == whole.resolved;
    match (is_shorter, is_told, run.status.status.is_answered()) {
        (true, true, _) => Ok("a log that ends earlier, reported by the doctor"),
        (true, false, false) => Ok("a log that ends earlier, as after an earlier kill"),
        (true, false, true) => {
            Err("a finished run's log ends earlier, and no reader noticed".to_owned())
        }
        (false, ..) => Err("other values were believed".to_owned()),
    }
}

/// Everything in a run, except notes about reading it or about a dead process.
fn content(run: &RunFiles) -> String {
    let RunFiles { run: name, experiment, resolved, provenance, events, cases, .. } = run;
    let standing = standing(run);
    format!("{name:?} {experiment:?} {resolved:?} {provenance:?} {standing:?} {events:?} {cases:?}")
}

/// The state and progress of a run. The message about its last process is left out: it differs when
/// the lease cannot be read.
fn standing(run: &RunFiles) -> (&'static str, Option<FailureClass>, usize, usize) {
    let class =
        if let Status::Failed(failure) = &run.status.status { Some(failure.class) } else { None };
    (run.status.status.name(), class, run.status.epoch, run.status.step)
}

/// Whether a file is about a dead process, was not finished by it, or only reserves space.
fn is_needless(name: &str) -> bool {
    let is_half_made = |part: &str| part.starts_with('.') && part.contains(".tmp");
    name == LEASE
        || name == RESERVE
        || name.starts_with(ATTEMPTS)
        || name.split('/').any(is_half_made)
}

/// Damages one file of a copy of an interrupted run, and continues it.
fn continue_run(
    reference: &Reference,
    interrupted: &Workspace,
    folder: &Path,
    file: &Path,
    draws: &mut Stream,
    outcome: &mut Outcome,
) -> Result<()> {
    let workspace = Workspace::new(folder.to_owned(), &reference.data)?;
    copy(&interrupted.runs(), &workspace.runs())?;
    let path = workspace.folder.join(file);
    let bytes = fs::read(&path)?;
    let all = changes(bytes.len(), 12, draws);
    let Some(change) = all.get(draws.below(all.len())) else { return Ok(()) };
    fs::write_plain(&path, &change.of(&bytes))?;
    // Sometimes the doctor repairs it first, which must not prevent continuing.
    let is_treated = draws.chance(0.5);
    if let (true, Some(dir)) = (is_treated, workspace.only_run()?) {
        crash::catch("the doctor", || repair(&dir))?;
        outcome.count("continued after the doctor's repair", 1);
    }
    let ended = workspace.run("")?;
    let place = format!("continued from `{}` {change:?}, repaired: {is_treated}", file.display());
    outcome.problems(&place, ended.misbehaved());
    outcome.count("gone on from", 1);
    if ended.code != Some(0) {
        outcome.count("continuing was refused with a message", 1);
        if !ended.stderr.contains("error: ") {
            outcome.problem(format!("{place}: exit {:?} without a message", ended.code));
        }
        return fs::remove_folder(&workspace.folder);
    }
    let dirs = record::list(&workspace.runs())?;
    let mut unequal = Vec::new();
    for dir in &dirs {
        match compare(&reference.dir, dir, Tolerance::Exact) {
            Ok(none) if none.is_empty() => {
                outcome.count("continued: equal", 1);
                return fs::remove_folder(&workspace.folder);
            }
            Ok(found) => unequal.extend(found),
            Err(error) => unequal.push(words(&error)),
        }
    }
    outcome.problems(&place, unequal);
    Ok(())
}

/// All files below a folder, hidden ones too, in order.
fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for path in fs::list_all(folder)? {
        if path.is_dir() {
            files.extend(self::files(&path)?);
        } else {
            files.push(path);
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_reach_every_tenth_byte_and_both_ends() {
        let mut draws = Draw { seed: 1, epoch: 0, case: "" }.stream("test");
        let bytes: Vec<u8> = (0..95).collect();
        let all = changes(bytes.len(), 5, &mut draws);
        let cuts = all.iter().filter_map(|change| match change {
            Change::Cut(length) => Some(*length),
            Change::Flip { .. } => None,
        });
        let cuts: Vec<usize> = cuts.collect();
        assert_eq!(cuts, [0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 94, 93]);
        assert!(all.iter().all(|change| change.of(&bytes) != bytes));
        assert!(changes(0, 5, &mut draws).is_empty());
        assert_eq!(changes(100_000, 0, &mut draws).len(), N_CUTS + 2);
    }
}
