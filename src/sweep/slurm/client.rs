//! [`ask`]: one of Slurm's programs is asked something, and not waited for without end.
//!
//! With its controller away, each of them is silent for 9 s before it gives up.
//!
//! Knows nothing of what they say.

use std::{
    io::{self, Read, Write},
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

/// Time between two looks at the program.
const LOOK: Duration = Duration::from_millis(5);

/// What a program said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Said {
    /// Whether it did what it was asked.
    pub(super) is_done: bool,
    /// Its answer.
    pub(super) out: String,
    /// What it complained of, on one line.
    pub(super) complaint: String,
}

/// Why a program said nothing.
#[derive(Debug, thiserror::Error)]
pub(super) enum Silent {
    /// It is not on the path.
    #[error("`{0}` is not installed here")]
    Missing(String),
    /// It did not end in time.
    #[error("`{0}` gave no answer within {1:?}")]
    Late(String, Duration),
    /// The system would not start it, or lost it.
    #[error("`{0}` could not be run: {1}")]
    Failed(String, io::Error),
}

/// Runs a program and gives it `input`; one that takes longer than `patience` is ended.
///
/// # Errors
/// When it cannot be started or is late.
pub(super) fn ask(command: &mut Command, input: &str, patience: Duration) -> Result<Said, Silent> {
    let name = command.get_program().to_string_lossy().into_owned();
    let failed = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => Silent::Missing(name.clone()),
        _ => Silent::Failed(name.clone(), error),
    };
    let began = Instant::now();
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(failed)?;
    if let Some(mut stdin) = child.stdin.take() {
        // One that does not read what it is told says why itself.
        let _ = stdin.write_all(input.as_bytes());
    }
    let out = child.stdout.take().map(read);
    let complaint = child.stderr.take().map(read);
    let is_done = loop {
        match child.try_wait().map_err(failed)? {
            Some(status) => break status.success(),
            None if began.elapsed() >= patience => {
                end(child);
                return Err(Silent::Late(name, patience));
            }
            None => thread::sleep(LOOK),
        }
    };
    // What it started itself may hold its output open longer than it lives.
    let text = |receiver: Option<mpsc::Receiver<String>>| {
        let left = patience.saturating_sub(began.elapsed()).max(LOOK);
        receiver.and_then(|receiver| receiver.recv_timeout(left).ok()).unwrap_or_default()
    };
    let (out, complaint) = (text(out), text(complaint));
    Ok(Said { is_done, out, complaint: complaint.trim().replace('\n', "; ") })
}

fn read(mut pipe: impl Read + Send + 'static) -> mpsc::Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        // What was read before an error is all there is; nobody may be waiting any more.
        let _ = pipe.read_to_end(&mut bytes);
        let _ = sender.send(String::from_utf8_lossy(&bytes).into_owned());
    });
    receiver
}

fn end(mut child: Child) {
    // It may have ended just now.
    let _ = child.kill();
    let _ = child.wait();
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn what_a_program_says_is_told_apart() {
        let patience = Duration::from_secs(20);
        let said = ask(&mut shell("cat; echo a >&2; echo b >&2; exit 3"), "hello\n", patience);
        let complaint = "a; b".to_owned();
        assert_eq!(said.unwrap(), Said { is_done: false, out: "hello\n".into(), complaint });
        let missing = ask(&mut Command::new("seglab-no-such-program"), "", patience).unwrap_err();
        assert_eq!(missing.to_string(), "`seglab-no-such-program` is not installed here");
    }

    #[test]
    fn a_late_program_is_ended() {
        let began = Instant::now();
        let late = ask(&mut shell("exec sleep 30"), "", Duration::from_millis(100)).unwrap_err();
        assert_eq!(late.to_string(), "`sh` gave no answer within 100ms");
        // A grandchild that keeps the pipe open holds nobody up either.
        let said = ask(&mut shell("sleep 30 & echo done"), "", Duration::from_millis(500));
        assert!(said.unwrap().is_done);
        assert!(began.elapsed() < Duration::from_secs(20));
    }
}
