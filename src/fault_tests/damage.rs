//! Damage: each file of a finished and of an interrupted run is cut short and has bits turned,
//! and is then read, and gone on from.
//!
//! What is damaged may be told (an error, a note, a finding), may not matter (a cache, a pointer
//! that is derived anew), or be repaired by going on; it must never be believed: no reader gives
//! other values without a word.
//!
//! Does not know about other faults.

use super::{
    child::{Lab, copy},
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

/// How much is tried.
#[derive(Debug, Clone, Copy)]
pub(super) struct Extent {
    /// Bits turned in each file.
    pub(super) n_flips: usize,
    /// Damaged runs that are gone on from.
    pub(super) n_resumed: usize,
}

/// Files up to this length are cut at every tenth byte, longer ones at so many places.
const SHORT: usize = 2000;
const N_CUTS: usize = 12;

/// Damages runs.
///
/// # Errors
/// When a child cannot be started or a file not be written; what is wrong is in the outcome.
pub(super) fn run(
    reference: &Reference,
    folder: &Path,
    seed: u64,
    extent: Extent,
) -> Result<Outcome> {
    let mut told = Outcome::new("damage");
    let mut draws = Draw { seed, epoch: 0, case: "damage" }.stream("damage");
    let lab = Lab::new(folder.join("finished"), &reference.data)?;
    let experiment = lab.runs().join(record::experiment_of(&reference.dir));
    copy(&reference.dir, &experiment.join(record::id_of(&reference.dir)))?;
    read_all(&lab, "finished", &mut draws, extent, &mut told)?;

    let lab = interrupted(reference, folder)?;
    read_all(&lab, "interrupted", &mut draws, extent, &mut told)?;
    let dir = lab.only_run()?.ok_or_else(|| Fault::new("the interrupted run left no directory"))?;
    let files = files(&dir)?;
    for number in 0..extent.n_resumed {
        // Each file in turn, so that all are gone on from when there are enough trials.
        let Some(file) = files.get(number % files.len().max(1)) else { break };
        let file = file.strip_prefix(&lab.folder).unwrap_or(file);
        go_on(
            reference,
            &lab,
            &folder.join(format!("go-on-{number:03}")),
            file,
            &mut draws,
            &mut told,
        )?;
    }
    Ok(told)
}

/// A run that was killed in its second half.
fn interrupted(reference: &Reference, folder: &Path) -> Result<Lab> {
    let lab = Lab::new(folder.join("interrupted"), &reference.data)?;
    let commits =
        (1..).zip(&reference.operations).filter(|(_, what)| **what == "checkpoint commit");
    let last = commits.map(|(number, _)| number).last().unwrap_or(1);
    let ended = lab.run(&format!("kill@{last}"))?;
    if ended.was_killed {
        return Ok(lab);
    }
    let fault = Fault::new("a run could not be interrupted").detail(ended.said());
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

/// What is done to a file of `n_bytes`.
fn changes(n_bytes: usize, n_flips: usize, draws: &mut Stream) -> Vec<Change> {
    let step = if n_bytes <= SHORT { 10 } else { n_bytes.div_ceil(N_CUTS) };
    let cuts = (0..n_bytes).step_by(step).map(Change::Cut);
    // The last bytes are where a torn write ends.
    let ends = (1..=2).filter_map(|n| n_bytes.checked_sub(n)).map(Change::Cut);
    let flips = (0..if n_bytes == 0 { 0 } else { n_flips })
        .map(|_| Change::Flip { byte: draws.below(n_bytes), bit: draws.below(8) });
    cuts.chain(ends).chain(flips).collect()
}

/// A sound run, and what is said of it.
struct Sound<'a> {
    dir: &'a Path,
    run: RunFiles,
    findings: Vec<Finding>,
    /// What `seglab runs` lists of it, and of its epochs.
    listed: [String; 2],
}

/// Damages each file in place, reads the run, and puts the file back.
fn read_all(
    lab: &Lab,
    kind: &str,
    draws: &mut Stream,
    extent: Extent,
    told: &mut Outcome,
) -> Result<()> {
    let dir = lab.only_run()?.ok_or_else(|| Fault::new("there is no run to damage"))?;
    let (run, findings) = (read_run(&dir)?, diagnose(&dir));
    let sound =
        Sound { dir: &dir, run, findings, listed: [lab.ask(LISTS[0])?.1, lab.ask(LISTS[1])?.1] };
    for path in files(&dir)? {
        let bytes = fs::read(&path)?;
        let name = path.strip_prefix(&dir).unwrap_or(&path).display().to_string();
        for (number, change) in changes(bytes.len(), extent.n_flips, draws).into_iter().enumerate()
        {
            fs::write_plain(&path, &change.of(&bytes))?;
            match judge(&sound, &name) {
                Ok(verdict) => told.count(format!("{kind}: {verdict}"), 1),
                Err(wrong) => told.problem(format!("{kind}: `{name}` {change:?}: {wrong}")),
            }
            // A process is slower than a call, so the list is asked for less often.
            if number % LISTED_EVERY == 0 || is_cache(&name) {
                let wrong = believed(lab, &sound)?;
                told.count(format!("{kind}: listed"), 1);
                told.problems(&format!("{kind}: `{name}` {change:?}"), wrong);
            }
            // What reading alone made anew is not what is tried next.
            fs::write_plain(&path, &bytes)?;
        }
    }
    Ok(())
}

const LISTS: [&[&str]; 2] = [&["runs", "list", "--csv=runs"], &["runs", "list", "--csv=epochs"]];
/// Of so many changes to a file, one is shown to `seglab runs`.
const LISTED_EVERY: usize = 5;

/// What is wrong with the list of a damaged run: it may be shorter, or say what is damaged, but
/// every other line of it must be a line of the sound run's list.
fn believed(lab: &Lab, sound: &Sound<'_>) -> Result<Option<String>> {
    // How many epochs a run that was cut off has done is what its log holds, however short.
    let n_skipped = usize::from(!sound.run.status.status.is_answered());
    for (list, known) in LISTS.iter().zip(&sound.listed).skip(n_skipped) {
        let (ended, listed) = lab.ask(list)?;
        if let Some(wrong) = ended.misbehaved().pop() {
            return Ok(Some(wrong));
        }
        let is_told = |line: &&str| line.contains(",damaged,");
        let is_known = |line: &&str| known.lines().any(|known| known == *line);
        // The columns of the head depend on what could be read.
        let wrong = listed.lines().skip(1).find(|line| !is_known(line) && !is_told(line));
        if let Some(line) = wrong {
            return Ok(Some(format!("`seglab runs` believed it: {line}")));
        }
    }
    Ok(None)
}

/// Whether a file is made anew from others when it is not as it must be; that no list believes it
/// is looked at each time.
fn is_cache(name: &str) -> bool {
    name == SUMMARY || Path::new(name).extension().is_some_and(|end| end == "parquet")
}

/// What comes of reading a damaged run; an error when it is believed, or panics.
fn judge(sound: &Sound<'_>, name: &str) -> std::result::Result<&'static str, String> {
    let (dir, whole) = (sound.dir, &sound.run);
    let findings = crash::catch("the doctor", || Ok(diagnose(dir))).map_err(|e| words(&e))?;
    let run = match crash::catch("the reader", || read_run(dir)) {
        Ok(run) => run,
        Err(error) if error.code == ErrorCode::Panic => return Err(words(&error)),
        Err(_) => return Ok("told by the reader"),
    };
    for find in [best, last] {
        match crash::catch("the reader of checkpoints", || find(dir)) {
            Err(error) if error.code == ErrorCode::Panic => return Err(words(&error)),
            Err(_) => return Ok("told by the checkpoint's hashes"),
            Ok(_) => {}
        }
    }
    let is_told = findings != sound.findings;
    if content(&run) == content(whole) {
        return match name {
            _ if !run.notes.is_empty() => Ok("told by a note, nothing lost"),
            _ if is_told => Ok("told by the doctor"),
            name if is_needless(name) => Ok("of no matter: nobody reads it any more"),
            name if is_cache(name) => Ok("of no matter: a cache that is made anew"),
            _ => Err("its bytes changed, and nobody noticed".to_owned()),
        };
    }
    // A log that ends earlier is what an earlier kill leaves; going on finds the checkpoints that
    // need the rest, and sets them aside.
    let is_shorter = whole.events.starts_with(&run.events)
        && whole.cases.starts_with(&run.cases)
        && standing(&run) == standing(whole)
        && run.resolved == whole.resolved;
    match (is_shorter, is_told, run.status.status.is_answered()) {
        (true, true, _) => Ok("a log that ends earlier, told by the doctor"),
        (true, false, false) => Ok("a log that ends earlier, as after an earlier kill"),
        (true, false, true) => {
            Err("a finished run's log ends earlier, and nobody noticed".to_owned())
        }
        (false, ..) => Err("other values were believed".to_owned()),
    }
}

/// Everything a run says, but for what is said about reading it, and about a dead process.
fn content(run: &RunFiles) -> String {
    let RunFiles { run: name, experiment, resolved, provenance, events, cases, .. } = run;
    let standing = standing(run);
    format!("{name:?} {experiment:?} {resolved:?} {provenance:?} {standing:?} {events:?} {cases:?}")
}

/// How a run stands and how far it came; what is known of its last process stands in other words
/// when the lease cannot be read.
fn standing(run: &RunFiles) -> (&'static str, Option<FailureClass>, usize, usize) {
    let class =
        if let Status::Failed(failure) = &run.status.status { Some(failure.class) } else { None };
    (run.status.status.name(), class, run.status.epoch, run.status.step)
}

/// Whether a file speaks of a process that is gone, was left half made by it, or only holds space.
fn is_needless(name: &str) -> bool {
    let is_half_made = |part: &str| part.starts_with('.') && part.contains(".tmp");
    name == LEASE
        || name == RESERVE
        || name.starts_with(ATTEMPTS)
        || name.split('/').any(is_half_made)
}

/// Damages one file of a copy of an interrupted run, and goes on with it.
fn go_on(
    reference: &Reference,
    interrupted: &Lab,
    folder: &Path,
    file: &Path,
    draws: &mut Stream,
    told: &mut Outcome,
) -> Result<()> {
    let lab = Lab::new(folder.to_owned(), &reference.data)?;
    copy(&interrupted.runs(), &lab.runs())?;
    let path = lab.folder.join(file);
    let bytes = fs::read(&path)?;
    let all = changes(bytes.len(), 12, draws);
    let Some(change) = all.get(draws.below(all.len())) else { return Ok(()) };
    fs::write_plain(&path, &change.of(&bytes))?;
    // The doctor may have a try first: what it does must not stand in the way.
    let is_treated = draws.chance(0.5);
    if let (true, Some(dir)) = (is_treated, lab.only_run()?) {
        crash::catch("the doctor", || repair(&dir))?;
        told.count("going on: after the doctor's repair", 1);
    }
    let ended = lab.run("")?;
    let place = format!("going on from `{}` {change:?}, repaired: {is_treated}", file.display());
    told.problems(&place, ended.misbehaved());
    told.count("gone on from", 1);
    if ended.code != Some(0) {
        told.count("going on: refused with a message", 1);
        if !ended.stderr.contains("error: ") {
            told.problem(format!("{place}: exit {:?} without a word", ended.code));
        }
        return fs::remove_folder(&lab.folder);
    }
    let dirs = record::list(&lab.runs())?;
    let mut unequal = Vec::new();
    for dir in &dirs {
        match compare(&reference.dir, dir, Tolerance::Exact) {
            Ok(none) if none.is_empty() => {
                told.count("going on: equal", 1);
                return fs::remove_folder(&lab.folder);
            }
            Ok(found) => unequal.extend(found),
            Err(error) => unequal.push(words(&error)),
        }
    }
    told.problems(&place, unequal);
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
