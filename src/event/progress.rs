//! [`Progress`]: what a person sees while a run goes on, on stderr.
//!
//! A terminal gets a bar for the epoch under way and a line for each that is done; anything else
//! (a pipe, a log file) gets the lines alone.
//!
//! Never fails a run: a closed stderr is no reason to stop. Does not know about training.

use crate::{
    base::{
        Result,
        text::{duration, score},
    },
    event::{Event, Listen},
};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::{self, IsTerminal, Write};

/// Shows a run on stderr.
#[derive(Debug)]
pub struct Progress {
    bar: ProgressBar,
    classes: Vec<String>,
    epochs: usize,
    steps_per_epoch: usize,
}

impl Progress {
    /// For a run with these classes, background first.
    pub fn new(classes: &[String]) -> Self {
        let is_terminal = io::stderr().is_terminal();
        let target =
            if is_terminal { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(None, target);
        if let Ok(style) = ProgressStyle::with_template("{prefix} {bar:30} {pos}/{len} {msg}") {
            bar.set_style(style);
        }
        Self { bar, classes: classes.to_vec(), epochs: 0, steps_per_epoch: 0 }
    }

    /// A line that stays.
    pub fn say(&self, line: &str) {
        self.bar.suspend(|| {
            // Without a stderr there is no place for an error either.
            let _ = writeln!(io::stderr(), "{line}");
        });
    }

    fn step(&self, epoch: usize, step: usize, loss: f64, lr: f64, seconds: f64) {
        let in_epoch = step - (epoch - 1) * self.steps_per_epoch;
        self.bar.set_length(self.steps_per_epoch as u64);
        self.bar.set_prefix(format!("epoch {epoch}/{}", self.epochs));
        self.bar.set_position(in_epoch as u64);
        self.bar.set_message(format!("loss {loss:.4}  lr {lr:.2e}  {}/step", duration(seconds)));
    }

    /// Names and scores of the foreground classes.
    fn dice(&self, dice: &[Option<f64>]) -> String {
        let pairs = self.classes.iter().zip(dice).skip(1);
        let words: Vec<String> =
            pairs.map(|(class, dice)| format!("{class} {}", score(*dice))).collect();
        words.join("  ")
    }
}

impl Listen for Progress {
    fn hear(&mut self, event: &Event) -> Result<()> {
        match event {
            Event::Started { n_cases, n_parameters, epochs, steps_per_epoch, device } => {
                (self.epochs, self.steps_per_epoch) = (*epochs, *steps_per_epoch);
                let [train, valid, test] = n_cases;
                self.say(&format!(
                    "training {n_parameters} parameters on {device}; cases: {train} train, \
                     {valid} validate, {test} test; epochs: {epochs}, steps in each: \
                     {steps_per_epoch}"
                ));
            }
            Event::Step { epoch, step, loss, lr, seconds, .. } => {
                self.step(*epoch, *step, *loss, *lr, *seconds);
            }
            Event::Epoch { epoch, train_loss, valid_loss, lr, dice, is_best, seconds, .. } => {
                let valid_loss = valid_loss.map_or("-".into(), |loss| format!("{loss:.4}"));
                self.say(&format!(
                    "epoch {epoch}/{}  loss {train_loss:.4}  valid {valid_loss}  Dice {}  \
                     lr {lr:.2e}  {}{}",
                    self.epochs,
                    self.dice(dice),
                    duration(seconds[0] + seconds[1]),
                    if *is_best { "  best" } else { "" }
                ));
                if *epoch == self.epochs {
                    self.bar.finish_and_clear();
                }
            }
            Event::CaseScored { case, split, dice, .. } => {
                self.bar.finish_and_clear();
                self.say(&format!("{} {case}  Dice {}", split.name(), self.dice(dice)));
            }
            Event::Note { message } => self.say(message),
            Event::Warning { message } => self.say(&format!("warning: {message}")),
            Event::Checkpoint { .. } | Event::Memory { .. } => {}
        }
        Ok(())
    }
}
