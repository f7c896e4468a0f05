//! [`Campaign`]: which faults are tested; [`run`] tests them.
//!
//! Does not know about the faults.

use super::{
    clock,
    damage::{self, Extent},
    disk, kills,
    outcome::Outcome,
    race,
    reference::Reference,
    stale,
};
use crate::base::{Result, fs, text::duration};
use std::{
    env,
    path::{Path, PathBuf},
    process,
    time::Instant,
};

/// Which faults are tested.
#[derive(Debug, Clone)]
pub struct Campaign {
    /// Number of kills. The other parts shrink with it, and are complete from [`Campaign::FULL`] on.
    pub n_kills: usize,
    /// Seed.
    pub seed: u64,
    /// Parts.
    pub parts: Vec<Part>,
    /// Runs that are killed at the same time.
    pub n_jobs: usize,
    /// Folder to work in, which is kept. Without it a temporary one is kept only after a problem.
    pub keep: Option<PathBuf>,
}

/// Parts of a campaign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// SIGKILL at any moment.
    Kills,
    /// Files that are cut short, bits that flip.
    Damage,
    /// A full disk, a read-only one.
    Disk,
    /// Two processes for one run.
    Race,
    /// A clock that jumps.
    Clock,
    /// A process that wakes up after its run was taken over.
    Stale,
}

impl Part {
    /// All of them, in order.
    pub const ALL: [Self; 6] =
        [Self::Kills, Self::Damage, Self::Disk, Self::Race, Self::Clock, Self::Stale];

    fn name(self) -> &'static str {
        match self {
            Self::Kills => "kills",
            Self::Damage => "damage",
            Self::Disk => "disk",
            Self::Race => "race",
            Self::Clock => "clock",
            Self::Stale => "stale",
        }
    }
}

impl Campaign {
    /// Number of kills from which on every part is complete.
    pub const FULL: usize = 1000;

    /// `full` tries, or fewer in proportion to the kills, but at least `least`.
    fn share(&self, full: usize, least: usize) -> usize {
        (full * self.n_kills.min(Self::FULL)).div_ceil(Self::FULL).max(least)
    }
}

/// Runs a campaign. `say` gets the current part. Returns the result of each part, and the folder
/// when it is kept.
///
/// # Errors
/// When an undisturbed run fails, or a child process cannot be started.
pub fn run(
    campaign: &Campaign,
    say: &mut dyn FnMut(&str),
) -> Result<(Vec<Outcome>, Option<PathBuf>)> {
    let temporary = || env::temp_dir().join(format!("seglab-chaos-{}", process::id()));
    let folder = campaign.keep.clone().unwrap_or_else(temporary);
    fs::create_folder(&folder)?;
    // The children have another working folder, and the path of the data set is in their spec.
    let folder = fs::canonical(&folder)?;
    let reference = Reference::new(&folder)?;
    say(&format!(
        "an undisturbed run: {}, {} operations on the disk",
        duration(reference.seconds),
        reference.operations.len()
    ));
    let mut outcomes = Vec::new();
    for part in &campaign.parts {
        say(part.name());
        let began = Instant::now();
        let mut outcome = do_part(campaign, *part, &reference, &folder.join(part.name()))?;
        outcome.seconds = began.elapsed().as_secs_f64();
        say(&format!("  {}, {} problems", duration(outcome.seconds), outcome.n_problems));
        outcomes.push(outcome);
    }
    let is_clean = outcomes.iter().all(|outcome| outcome.n_problems == 0);
    if is_clean && campaign.keep.is_none() {
        fs::remove_folder(&folder)?;
        return Ok((outcomes, None));
    }
    Ok((outcomes, Some(folder)))
}

fn do_part(
    campaign: &Campaign,
    part: Part,
    reference: &Reference,
    folder: &Path,
) -> Result<Outcome> {
    let seed = campaign.seed;
    match part {
        Part::Kills => kills::run(reference, folder, seed, campaign.n_kills, campaign.n_jobs),
        Part::Damage => {
            let extent =
                Extent { n_flips: campaign.share(12, 2), n_resumed: campaign.share(150, 4) };
            damage::run(reference, folder, seed, extent)
        }
        Part::Disk => {
            let n_operations = reference.operations.len();
            let n_tried = campaign.share(n_operations, 4);
            disk::run(reference, folder, seed, n_operations.div_ceil(n_tried))
        }
        Part::Race => race::run(reference, folder, seed, campaign.share(200, 4)),
        Part::Clock => clock::run(reference, folder, seed, campaign.share(100, 3)),
        Part::Stale => stale::run(reference, folder),
    }
}
