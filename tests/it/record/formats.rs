//! The files of a run directory as they are on disk: scripts of other people read them.

use crate::record::recorder::{begin, case, epoch, finished, plan};
use insta::assert_snapshot;
use regex::Regex;
use seglab::{
    event::{Event, Listen, MemoryOf, Split},
    record::{Failure, FailureClass, RunStart, Status, Store},
};
use serde_json::Value;
use std::{fs, path::Path};

const RUN: &str = "tiny-f0-s1-01234567";

/// A text without what differs from run to run of a test.
pub(crate) fn redacted(text: &str) -> String {
    let rules = [
        (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "[time]"),
        (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC", "[time]"),
        (r"\b[0-9a-f]{64}\b", "[hash]"),
        (r#""bytes": \d+"#, r#""bytes": "[n]""#),
        (r"first \d+ bytes", "first [n] bytes"),
        (r#""checksum":( ?)"[0-9a-f]{8}""#, r#""checksum":$1"[checksum]""#),
        (r"process \d+ on [^ ]+", "process [pid] on [host]"),
    ];
    rules.iter().fold(text.to_owned(), |text, (pattern, name)| {
        Regex::new(pattern).unwrap().replace_all(&text, *name).into_owned()
    })
}

fn file(dir: &Path, name: &str) -> String {
    redacted(&fs::read_to_string(dir.join(name)).unwrap())
}

#[test]
fn small_files_keep_their_keys() {
    let folder = tempfile::tempdir().unwrap();
    let dir = finished(folder.path(), &plan(RUN, 1));
    assert_snapshot!(file(&dir, "run.toml"), @r#"
    format = 1
    run-id = "tiny-f0-s1-01234567"
    experiment = "tiny"
    question = "Does it read back?"
    digest = "0123456789abcdef"
    fold = 0
    seed = 1
    created = "[time]"
    "#);
    assert_snapshot!(file(&dir, "status.json"), @r#"
    {
      "status": "finished",
      "updated": "[time]",
      "epoch": 2,
      "step": 8,
      "files": {
        "cases.jsonl": {
          "bytes": "[n]",
          "blake3": "[hash]"
        },
        "events.jsonl": {
          "bytes": "[n]",
          "blake3": "[hash]"
        },
        "overlays/best-a.png": {
          "bytes": "[n]",
          "blake3": "[hash]"
        }
      },
      "checksum": "[checksum]"
    }
    "#);
}

#[test]
fn a_failure_keeps_its_keys() {
    let folder = tempfile::tempdir().unwrap();
    let mut recorder = begin(folder.path(), &plan(RUN, 1));
    let failure = Failure {
        class: FailureClass::NonFiniteLoss,
        reason: "loss became NaN".into(),
        details: vec!["last finite loss 0.4".into()],
        advice: vec!["lower `schedule.max-lr`".into()],
    };
    recorder.set_status(Status::Failed(failure)).unwrap();
    assert_snapshot!(file(recorder.run_dir(), "status.json"), @r#"
    {
      "status": "failed",
      "class": "non-finite-loss",
      "reason": "loss became NaN",
      "details": [
        "last finite loss 0.4"
      ],
      "advice": [
        "lower `schedule.max-lr`"
      ],
      "updated": "[time]",
      "epoch": 0,
      "step": 0,
      "checksum": "[checksum]"
    }
    "#);
}

#[test]
fn logs_keep_the_keys_of_every_line() {
    let folder = tempfile::tempdir().unwrap();
    let mut recorder = begin(folder.path(), &plan(RUN, 1));
    let dir = recorder.run_dir().to_owned();
    let step = Event::Step {
        epoch: 1,
        step: 1,
        loss: f64::NAN,
        lr: 1e-3,
        beta1: 0.9,
        grad_norm: 2.5,
        seconds: 0.25,
    };
    for event in [
        Event::Started {
            n_cases: [4, 2, 0],
            n_parameters: 1234,
            epochs: 2,
            steps_per_epoch: 4,
            device: "CPU (flex)".into(),
        },
        step,
        epoch(1, 0.5, Some(0.25)),
        Event::Checkpoint { epoch: 1, step: 4, seconds: 0.5 },
        Event::CaseScored {
            case: "a".into(),
            split: Split::Valid,
            dice: vec![Some(0.75), None],
            seconds: Some(1.5),
        },
        Event::Memory { bytes: 4096, of: MemoryOf::Process },
        Event::Note { message: "continues at epoch 1".into() },
        Event::Warning { message: "the tables were not written".into() },
    ] {
        recorder.hear(&event).unwrap();
    }
    recorder.cases(&case("a", Some(0.5))).unwrap();
    drop(recorder);
    let start = Store::new(folder.path().to_owned()).begin(&plan(RUN, 1)).unwrap();
    assert!(matches!(start, RunStart::Resumed(_)), "{start:?}");
    assert_snapshot!(file(&dir, "events.jsonl"), @r#"
    {"attempt":1,"time":"[time]","epoch":0,"step":0,"event":"started","n_cases":[4,2,0],"n_parameters":1234,"epochs":2,"steps_per_epoch":4,"device":"CPU (flex)","checksum":"[checksum]"}
    {"attempt":1,"time":"[time]","event":"step","epoch":1,"step":1,"loss":"NaN","lr":0.001,"beta1":0.9,"grad_norm":2.5,"seconds":0.25,"checksum":"[checksum]"}
    {"attempt":1,"time":"[time]","event":"epoch","epoch":1,"step":4,"train_loss":0.5,"valid_loss":0.5,"lr":0.001,"dice":[0.99,0.25],"n_dice":[2,1],"dice_foreground":0.25,"monitored":0.25,"by_case":[0.25,null],"is_best":true,"seconds":[1.0,0.5],"checksum":"[checksum]"}
    {"attempt":1,"time":"[time]","event":"checkpoint","epoch":1,"step":4,"seconds":0.5,"checksum":"[checksum]"}
    {"attempt":1,"time":"[time]","epoch":1,"step":4,"event":"case-scored","case":"a","split":"valid","dice":[0.75,null],"seconds":1.5,"checksum":"[checksum]"}
    {"attempt":1,"time":"[time]","epoch":1,"step":4,"event":"memory","bytes":4096,"of":"process","checksum":"[checksum]"}
    {"attempt":1,"time":"[time]","epoch":1,"step":4,"event":"note","message":"continues at epoch 1","checksum":"[checksum]"}
    {"attempt":1,"time":"[time]","epoch":1,"step":4,"event":"warning","message":"the tables were not written","checksum":"[checksum]"}
    {"attempt":2,"time":"[time]","rewind":0,"epoch":0,"step":0,"before":{"status":"failed","class":"killed","reason":"process [pid] on [host] released the run before its end, last heartbeat [time]"},"checksum":"[checksum]"}
    "#);
    assert_snapshot!(file(&dir, "cases.jsonl"), @r#"
    {"attempt":1,"time":"[time]","step":4,"case":"a","split":"valid","class":0,"class_name":"background","epoch":2,"true_positive":90,"false_positive":0,"false_negative":0,"dice":0.75,"iou":null,"precision":null,"recall":null,"reference_ml":1.5,"prediction_ml":1.25,"ceiling_dice":0.875,"predicted_as":[90,0],"checksum":"[checksum]"}
    {"attempt":1,"time":"[time]","step":4,"case":"a","split":"valid","class":1,"class_name":"lesion","epoch":2,"true_positive":7,"false_positive":0,"false_negative":3,"dice":0.5,"iou":null,"precision":null,"recall":null,"reference_ml":1.5,"prediction_ml":1.25,"ceiling_dice":0.875,"predicted_as":[3,7],"checksum":"[checksum]"}
    {"attempt":2,"time":"[time]","rewind":0,"epoch":0,"step":0,"checksum":"[checksum]"}
    "#);
}

/// The keys of a value with the kinds of what they hold.
fn shape(value: &Value) -> Value {
    let machine_dependent =
        ["git", "container", "graphics", "built_from", "environment", "notes", "crates"];
    match value {
        Value::Object(map) => map
            .iter()
            .map(|(key, value)| {
                let is_dependent = machine_dependent.contains(&key.as_str());
                (key.clone(), if is_dependent { "[any]".into() } else { shape(value) })
            })
            .collect(),
        Value::Array(items) => items.iter().take(1).map(shape).collect(),
        Value::String(_) => "[text]".into(),
        Value::Number(_) => "[number]".into(),
        Value::Bool(_) | Value::Null => value.clone(),
    }
}

#[test]
fn provenance_keeps_its_keys() {
    let folder = tempfile::tempdir().unwrap();
    let dir = finished(folder.path(), &plan(RUN, 1));
    let provenance = fs::read_to_string(dir.join("provenance.json")).unwrap();
    let shape = shape(&serde_json::from_str(&provenance).unwrap());
    assert_snapshot!(serde_json::to_string_pretty(&shape).unwrap(), @r#"
    {
      "git": "[any]",
      "machine": {
        "seglab": "[text]",
        "built_from": "[any]",
        "binary": "[text]",
        "cargo_lock": "[text]",
        "crates": "[any]",
        "rustc": "[text]",
        "features": [
          "[text]"
        ],
        "host": "[text]",
        "os": "[text]",
        "distribution": "[text]",
        "kernel": "[text]",
        "container": "[any]",
        "cpu": "[text]",
        "n_threads": "[number]",
        "memory_bytes": "[number]",
        "graphics": "[any]"
      },
      "device": "[text]",
      "argv": [
        "[text]"
      ],
      "working_directory": "[text]",
      "environment": "[any]",
      "data_fingerprint": "[text]",
      "split_fingerprint": "[text]",
      "scores": "[number]",
      "notes": "[any]"
    }
    "#);
}
