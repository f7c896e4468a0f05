//! [`arguments`] and [`environment`]: what of the command line and of the environment may stand in
//! a run directory, which gets copied about: nothing that could be a password or a key.
//!
//! Knows nothing of what the words mean to the program.

use std::collections::BTreeMap;

/// What stands where a secret stood.
const MASK: &str = "***";

/// Parts of names whose values are nobody's business.
const SECRETS: [&str; 11] = [
    "password",
    "passwd",
    "passphrase",
    "secret",
    "token",
    "apikey",
    "api-key",
    "api_key",
    "credential",
    "access-key",
    "private-key",
];

/// Variables that change what a program computes, how fast, or where; all others are left out.
const VARIABLES: [&str; 31] = [
    "CUDA_DEVICE_ORDER",
    "CUDA_HOME",
    "CUDA_LAUNCH_BLOCKING",
    "CUDA_PATH",
    "CUDA_VERSION",
    "CUDA_VISIBLE_DEVICES",
    "LANG",
    "LC_ALL",
    "LD_LIBRARY_PATH",
    "LD_PRELOAD",
    "MALLOC_ARENA_MAX",
    "NVIDIA_TF32_OVERRIDE",
    "NVIDIA_VISIBLE_DEVICES",
    "OMP_NUM_THREADS",
    "RAYON_NUM_THREADS",
    "RUSTFLAGS",
    "RUST_BACKTRACE",
    "RUST_LOG",
    "RUST_MIN_STACK",
    "SLURM_ARRAY_JOB_ID",
    "SLURM_ARRAY_TASK_ID",
    "SLURM_CLUSTER_NAME",
    "SLURM_CPUS_PER_TASK",
    "SLURM_JOB_ID",
    "SLURM_JOB_NAME",
    "SLURM_JOB_NODELIST",
    "SLURM_JOB_PARTITION",
    "SLURM_MEM_PER_NODE",
    "SLURM_PROCID",
    "SLURM_RESTART_COUNT",
    "TZ",
];

/// Beginnings of the names of such variables: the settings of burn and of its back ends.
const FAMILIES: [&str; 2] = ["BURN_", "CUBECL_"];

/// A command line without secrets: the word after `--token`, the value of `a.password=..`, user
/// and password of an address, and what follows `?token=` in one are masked.
pub(super) fn arguments(words: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut is_secret_next = false;
    let mut kept = Vec::new();
    for word in words {
        let is_option = word.starts_with('-');
        if is_secret_next && !is_option {
            kept.push(MASK.to_owned());
            is_secret_next = false;
            continue;
        }
        is_secret_next = is_option && !word.contains('=') && is_secret(&word);
        kept.push(masked(&word));
    }
    kept
}

/// The variables that are kept, each without secrets.
pub(super) fn environment(
    variables: impl IntoIterator<Item = (String, String)>,
) -> BTreeMap<String, String> {
    let is_kept = |name: &str| {
        VARIABLES.contains(&name)
            || FAMILIES.iter().any(|family| name.starts_with(family)) && !is_secret(name)
    };
    let kept = variables.into_iter().filter(|(name, _)| is_kept(name));
    kept.map(|(name, value)| (name, masked(&value))).collect()
}

fn is_secret(name: &str) -> bool {
    let name = name.to_lowercase().replace('_', "-");
    SECRETS.iter().any(|secret| name.contains(&secret.replace('_', "-")))
}

/// A word without the values of secret keys and without the credentials of addresses.
fn masked(word: &str) -> String {
    let mut kept = String::new();
    // A word may hold several settings: `a.token=x`, `?user=me&token=x`, `{ token = "x" }`.
    for part in word.split_inclusive(['?', '&', ',', ';', ' ']) {
        // The first sign behind a secret name: a secret may have some of its own.
        let mut signs = part.match_indices('=').map(|(place, _)| place);
        match signs.find(|place| is_secret(&part[..*place])) {
            Some(place) if !part[place + 1..].trim().is_empty() => {
                let end = part.chars().next_back().filter(|end| "?&,; ".contains(*end));
                kept.push_str(&part[..=place]);
                kept.push_str(MASK);
                kept.extend(end);
            }
            _ => kept.push_str(part),
        }
    }
    without_credentials(&kept)
}

/// An address without its user and password.
fn without_credentials(word: &str) -> String {
    let Some((scheme, rest)) = word.split_once("://") else { return word.to_owned() };
    let host_end = rest.find(['/', '?', '#', ' ']).unwrap_or(rest.len());
    match rest[..host_end].rfind('@') {
        Some(at) => format!("{scheme}://{MASK}{}", &rest[at..]),
        None => word.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(line: &str) -> String {
        arguments(line.split(' ').map(str::to_owned)).join(" ")
    }

    #[test]
    fn secrets_on_the_command_line_are_masked() {
        for (line, expected) in [
            ("seglab run a.toml --token abc --set x=1", "seglab run a.toml --token *** --set x=1"),
            ("seglab --set foo.token=abc", "seglab --set foo.token=***"),
            ("seglab --set foo.token=abc=abc", "seglab --set foo.token=***"),
            ("seglab --api-key=abc run", "seglab --api-key=*** run"),
            ("seglab --db_password abc", "seglab --db_password ***"),
            (
                "seglab --set data.root=s3://me:abc@host/a@b",
                "seglab --set data.root=s3://***@host/a@b",
            ),
            (
                "seglab https://host/a?user=me&access_token=abc",
                "seglab https://host/a?user=me&access_token=***",
            ),
            ("seglab --set a={secret=abc,b=1}", "seglab --set a={secret=***,b=1}"),
            ("seglab --token --device cpu", "seglab --token --device cpu"),
        ] {
            assert_eq!(shown(line), expected);
            assert!(!shown(line).contains("abc"), "{line}");
        }
    }

    #[test]
    fn what_is_no_secret_stays() {
        let line =
            "seglab run spec.toml --set schedule.max-lr=1e-3 --runs /a=b/runs --device cuda:0";
        assert_eq!(shown(line), line);
        assert_eq!(shown("git@host:a/b.git https://host/a@b"), "git@host:a/b.git https://host/a@b");
    }

    #[test]
    fn only_known_variables_are_kept() {
        let variables = [
            ("CUDA_VISIBLE_DEVICES", "0"),
            ("RAYON_NUM_THREADS", "2"),
            ("BURN_DEVICE", "flex"),
            ("BURN_HUB_TOKEN", "abc"),
            ("CUBECL_DEBUG_LOG", "https://me:abc@host/log"),
            ("AWS_SECRET_ACCESS_KEY", "abc"),
            ("HOME", "/home/me"),
            ("MY_CUDA_VISIBLE_DEVICES", "1"),
        ];
        let kept = environment(variables.map(|(name, value)| (name.into(), value.into())));
        let expected = [
            ("BURN_DEVICE", "flex"),
            ("CUBECL_DEBUG_LOG", "https://***@host/log"),
            ("CUDA_VISIBLE_DEVICES", "0"),
            ("RAYON_NUM_THREADS", "2"),
        ];
        assert_eq!(kept, expected.map(|(name, value)| (name.into(), value.into())).into());
    }
}
