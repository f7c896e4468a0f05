//! `seglab probe` through the program, in whichever build the tests run.

use crate::support::sandbox::Sandbox;

/// The program on a machine without toolkits: nothing of the user's is looked at.
fn probe(arguments: &[&str]) -> (i32, String, String) {
    let sandbox = Sandbox::new();
    let empty = sandbox.path("home");
    std::fs::create_dir(&empty).unwrap();
    let mut command = sandbox.command(&[&["probe"], arguments].concat());
    for name in ["CUDA_PATH", "CUDA_HOME", "VIRTUAL_ENV", "CONDA_PREFIX", "XDG_CACHE_HOME"] {
        command.env_remove(name);
    }
    let output = command.env("HOME", &empty).env("PATH", &empty).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

#[test]
fn the_cpu_can_be_used_and_a_table_says_what_it_is() {
    let (code, table, errors) = probe(&["--device", "cpu"]);
    assert_eq!(code, 0, "{errors}");
    let lines: Vec<&str> = table.lines().collect();
    assert!(lines[0].starts_with("PART"), "{table}");
    assert!(lines[1].starts_with("processor") && lines[1].contains("thread"), "{table}");
    assert!(lines[2].starts_with("memory") && lines[2].contains(" free of "), "{table}");
    assert_eq!(lines.last(), Some(&"cpu can be used"), "{table}");
    assert!(errors.is_empty(), "{errors}");
}

#[test]
#[cfg(not(feature = "cuda"))]
fn a_build_without_cuda_says_so_and_auto_is_the_cpu() {
    let (code, table, errors) = probe(&[]);
    assert_eq!(code, 0, "{errors}");
    let line = |part: &str| table.lines().find(|line| line.starts_with(part)).unwrap();
    assert!(line("CUDA in this build  missing  no").ends_with("no"), "{table}");
    assert!(
        table.contains("CUDA in this build: `cargo build --release --features cuda`"),
        "{table}"
    );
    assert!(line("kernel cache").contains("/home/.cache/seglab/kernels`, empty"), "{table}");
    assert_eq!(table.lines().last(), Some("cpu can be used"), "{table}");
}

#[test]
#[cfg(not(feature = "cuda"))]
fn a_gpu_that_cannot_be_used_is_exit_code_one_with_the_reason() {
    let (code, table, errors) = probe(&["--device", "cuda:1"]);
    assert_eq!(code, 1, "{errors}");
    assert_eq!(table.lines().last(), Some("cuda:1 cannot be used"), "{table}");
    assert!(
        errors.starts_with("error: `cuda:1` cannot be used: this build has no CUDA"),
        "{errors}"
    );

    let (code, text, _) = probe(&["--device", "cuda:1", "--json"]);
    let survey: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!((code, &survey["device"], &survey["usable"]), (1, &"cuda:1".into(), &false.into()));
    let findings = survey["findings"].as_array().unwrap();
    let of = |part: &str| findings.iter().find(|finding| finding["part"] == part).unwrap();
    assert_eq!(of("CUDA in this build")["state"], "missing");
    assert_eq!(of("processor")["state"], "ok");
    assert!(of("device")["found"].as_str().unwrap().contains("this build has no CUDA"));
    assert_eq!(survey["parity"], serde_json::json!([]));
}
