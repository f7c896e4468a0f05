//! What a run holds after any sequence of logged events, checkpoints and kills.

use crate::record::recorder::{begin, plan};
use proptest::prelude::*;
use seglab::{
    event::{Event, Listen},
    record::{RunStart, Store, checkpoint::Position, read_run},
};
use std::{
    fs,
    path::{Path, PathBuf},
};

#[derive(Debug, Clone)]
enum Action {
    Log,
    Commit,
    /// The process dies, and this many bytes of what it logged since its last checkpoint are lost.
    Kill {
        n_lost: u64,
    },
}

fn action() -> impl Strategy<Value = Action> {
    prop_oneof![
        4 => Just(Action::Log),
        2 => Just(Action::Commit),
        2 => (0_u64..400).prop_map(|n_lost| Action::Kill { n_lost }),
    ]
}

/// The messages that a reader of the run sees.
fn messages(dir: &Path) -> Vec<String> {
    let entries = read_run(dir).unwrap().events;
    entries
        .into_iter()
        .map(|entry| match entry.event {
            Event::Note { message } => message,
            event => panic!("{event:?}"),
        })
        .collect()
}

fn check(actions: &[Action]) {
    let folder = tempfile::tempdir().unwrap();
    let plan = plan("tiny-f0-s1-01234567", 1);
    let mut recorder = begin(folder.path(), &plan);
    let dir: PathBuf = recorder.run_dir().to_owned();
    let log = dir.join("events.jsonl");
    let length = || fs::metadata(&log).unwrap().len();
    let mut expected: Vec<String> = Vec::new();
    let (mut n_committed, mut committed_bytes, mut n_epochs) = (0, 0, 0);
    for (number, action) in actions.iter().enumerate() {
        match action {
            Action::Log => {
                let message = format!("event {number}");
                recorder.hear(&Event::Note { message: message.clone() }).unwrap();
                expected.push(message);
            }
            Action::Commit => {
                n_epochs += 1;
                let position =
                    Position { epoch: n_epochs, step: 4 * n_epochs, batches: 0, best_epoch: 0 };
                let mut write = |folder: &Path| {
                    fs::write(folder.join("model.bpk"), "weights").unwrap();
                    Ok(())
                };
                recorder.commit(position, None, &mut write).unwrap();
                (n_committed, committed_bytes) = (expected.len(), length());
            }
            Action::Kill { n_lost } => {
                drop(recorder);
                let kept = length().saturating_sub(*n_lost).max(committed_bytes);
                fs::File::options().write(true).open(&log).unwrap().set_len(kept).unwrap();
                let start = Store::new(folder.path().to_owned()).begin(&plan).unwrap();
                let RunStart::Resumed(resumed) = start else { panic!("{start:?}") };
                let epoch = resumed.position.map(|position| position.epoch);
                assert_eq!(epoch, (n_epochs > 0).then_some(n_epochs));
                recorder = resumed.recorder;
                expected.truncate(n_committed);
            }
        }
        assert_eq!(messages(&dir), expected, "after action {number} of {actions:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 24,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn what_was_committed_survives_every_kill(
        actions in prop::collection::vec(action(), 1..24),
    ) {
        check(&actions);
    }
}
