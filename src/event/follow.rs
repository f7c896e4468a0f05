//! [`Follower`]: reads the event log of a running run as it grows.
//!
//! It gives whole lines that match their checksum. A later attempt may mask a line that was given
//! before: use this to show progress, not to compute a result.
//!
//! Does not know what the events mean.

use crate::{
    base::{Result, checksum::has_valid_checksum, fs},
    event::Event,
};
use std::{
    io::{Read, Seek, SeekFrom},
    path::PathBuf,
};

/// The event log of a run, and how much of it was given.
#[derive(Debug)]
pub struct Follower {
    path: PathBuf,
    /// Bytes that were read.
    read: u64,
}

impl Follower {
    /// Follows the event log at `path` from its first line. Lines that do not match their checksum
    /// are left out.
    pub fn new(path: PathBuf) -> Self {
        Self { path, read: 0 }
    }

    /// The events that came since the last look. A log that was cut since is read from its start.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn read(&mut self) -> Result<Vec<Event>> {
        let io_error = |error: &std::io::Error| fs::io_error("read", &self.path, error);
        let mut file = fs::open(&self.path)?;
        let length = file.metadata().map_err(|error| io_error(&error))?.len();
        if length < self.read {
            self.read = 0;
        }
        if length == self.read {
            return Ok(Vec::new());
        }
        let mut bytes = Vec::new();
        file.seek(SeekFrom::Start(self.read))
            .and_then(|_| file.read_to_end(&mut bytes))
            .map_err(|error| io_error(&error))?;
        let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        self.read += whole as u64;
        let lines = bytes[..whole].split_inclusive(|byte| *byte == b'\n');
        // Rewind lines are no events.
        let event = |line: &[u8]| serde_json::from_slice(line).ok();
        Ok(lines.filter(|line| has_valid_checksum(line)).filter_map(event).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::checksum::close_line;

    fn line(message: &str) -> Vec<u8> {
        let mut line = format!("{{\"event\":\"note\",\"message\":\"{message}\"}}").into_bytes();
        close_line(&mut line, 0);
        line
    }

    fn messages(follower: &mut Follower) -> Vec<String> {
        let note = |event| if let Event::Note { message } = event { Some(message) } else { None };
        follower.read().unwrap().into_iter().filter_map(note).collect()
    }

    #[test]
    fn lines_are_given_once_and_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("events.jsonl");
        let mut follower = Follower::new(path.clone());
        assert!(follower.read().is_err(), "there is no log yet");
        let (a, b) = (line("a"), line("b"));
        fs::write_atomic(&path, &[&a[..], &b[..10]].concat()).unwrap();
        assert_eq!(messages(&mut follower), ["a"]);
        assert_eq!(messages(&mut follower), [""; 0]);
        fs::write_atomic(&path, &[&a[..], &b[..]].concat()).unwrap();
        assert_eq!(messages(&mut follower), ["b"]);
        // A torn tail was cut before the next attempt: what follows is given.
        fs::write_atomic(&path, &a).unwrap();
        assert_eq!(messages(&mut follower), ["a"]);
    }
}
