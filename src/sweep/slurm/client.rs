//! [`ask`]: runs one of Slurm's programs, with a time limit.
//!
//! With its controller away, each of them waits 9 s before it gives up.
//!
//! Does not know what the answers mean.

use std::{
    io::{self, Read, Write},
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

/// Time between two looks at the program.
const LOOK: Duration = Duration::from_millis(5);

/// What a program answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reply {
    /// Whether it exited with success.
    pub(super) succeeded: bool,
    /// Its stdout.
    pub(super) out: String,
    /// Its stderr, on one line.
    pub(super) error_text: String,
}

/// Why a program gave no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum NoReply {
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
pub(super) fn ask(
    command: &mut Command,
    input: &str,
    patience: Duration,
) -> Result<Reply, NoReply> {
    let name = command.get_program().to_string_lossy().into_owned();
    let failed = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => NoReply::Missing(name.clone()),
        _ => NoReply::Failed(name.clone(), error),
    };
    let began = Instant::now();
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(failed)?;
    if let Some(mut stdin) = child.stdin.take() {
        // One that does not read what it is told says why itself.
        let _ = stdin.write_all(input.as_bytes());
    }
    let out = child.stdout.take().map(read);
    let error_text = child.stderr.take().map(read);
    let succeeded = loop {
        match child.try_wait().map_err(failed)? {
            Some(status) => break status.success(),
            None if began.elapsed() >= patience => {
                end(child);
                return Err(NoReply::Late(name, patience));
            }
            None => thread::sleep(LOOK),
        }
    };
    // What it started itself may hold its output open longer than it lives.
    let text = |receiver: Option<mpsc::Receiver<String>>| {
        let left = patience.saturating_sub(began.elapsed()).max(LOOK);
        receiver.and_then(|receiver| receiver.recv_timeout(left).ok()).unwrap_or_default()
    };
    let (out, error_text) = (text(out), text(error_text));
    Ok(Reply { succeeded, out, error_text: error_text.trim().replace('\n', "; ") })
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
        let reply = ask(&mut shell("cat; echo a >&2; echo b >&2; exit 3"), "hello\n", patience);
        let error_text = "a; b".to_owned();
        assert_eq!(reply.unwrap(), Reply { succeeded: false, out: "hello\n".into(), error_text });
        let missing = ask(&mut Command::new("seglab-no-such-program"), "", patience).unwrap_err();
        assert_eq!(missing.to_string(), "`seglab-no-such-program` is not installed here");
    }

    #[test]
    fn a_late_program_is_ended() {
        let began = Instant::now();
        let late = ask(&mut shell("exec sleep 30"), "", Duration::from_millis(100)).unwrap_err();
        assert_eq!(late.to_string(), "`sh` gave no answer within 100ms");
        // A grandchild that keeps the pipe open holds nobody up either.
        let reply = ask(&mut shell("sleep 30 & echo done"), "", Duration::from_millis(500));
        assert!(reply.unwrap().succeeded);
        assert!(began.elapsed() < Duration::from_secs(20));
    }
}
