//! [`holder`]: who holds a folder, for readers who only want to know.
//!
//! Does not know about runs: whatever is claimed by [`RunLock`](super::RunLock) can be asked about.

use super::{environment::ThisMachine, liveness::Claim, owner::Owner};
use crate::base::Result;
use std::path::Path;

/// Who claimed a folder last.
#[derive(Debug, Clone, PartialEq)]
pub struct Holder {
    /// Its process; `None` when neither claim nor heartbeat can be read.
    pub owner: Option<Owner>,
    /// Whether it lives and has not let go.
    pub alive: bool,
    /// What a scheduler calls its job, as `NAME=value`.
    pub job: Option<String>,
}

/// Who holds a folder; `None` when no process ever claimed it.
///
/// # Errors
/// When its claims cannot be listed.
pub fn holder(dir: &Path) -> Result<Option<Holder>> {
    Ok(Claim::newest(dir)?.map(|claim| Holder {
        owner: claim.owner().cloned(),
        alive: claim.liveness(&ThisMachine).is_alive(),
        job: claim.job(),
    }))
}

/// Whether memory was short when the process that held a folder last gave a sign of life: the
/// kernel may have ended it to get some back.
pub fn was_low_on_memory(dir: &Path) -> bool {
    let lease = Claim::newest(dir).ok().flatten().and_then(|claim| claim.lease);
    lease.and_then(|lease| lease.memory).is_some_and(|memory| memory.is_low())
}

#[cfg(test)]
mod tests {
    use super::{super::RunLock, *};

    #[test]
    fn a_holder_is_known_until_it_lets_go() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(holder(folder.path()).unwrap(), None);
        let lock = RunLock::take(folder.path()).unwrap();
        let found = holder(folder.path()).unwrap().unwrap();
        assert!(found.alive && found.owner.as_ref() == Some(Owner::this()));
        lock.release();
        assert!(!holder(folder.path()).unwrap().unwrap().alive);
    }
}
