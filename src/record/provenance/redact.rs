//! [`arguments`] and [`environment`]: what of the command line and of the environment may be kept in
//! a run directory, which gets copied to other places: nothing that could be a password or a key.
//!
//! Does not know what the words mean to the program.

use std::collections::BTreeMap;

/// Replaces a secret.
const MASK: &str = "***";

/// Parts of names whose values are secret.
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

/// A command line without secrets: the word after `--token`, the value of `a.password = ..` in one
/// word or in three, user and password of an address, and what follows `?token=` in one are masked.
pub(super) fn arguments(words: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut next = Next::Anything;
    let mut kept = Vec::new();
    for word in words {
        let sign = word.trim_start();
        let (shown, is_value) = match next {
            Next::Value => (MASK.to_owned(), true),
            Next::OptionsValue if !word.starts_with('-') => (MASK.to_owned(), true),
            Next::Sign if sign.trim_end() == "=" => {
                kept.push(word);
                next = Next::Value;
                continue;
            }
            Next::Sign if sign.starts_with('=') => (format!("={MASK}"), true),
            _ => (masked(&word), false),
        };
        next = if is_value { Next::Anything } else { Next::after(&word) };
        kept.push(shown);
    }
    kept
}

/// What the word after one is.
enum Next {
    Anything,
    /// A secret, unless it is an option.
    OptionsValue,
    /// A secret, if it begins with a sign.
    Sign,
    /// A secret.
    Value,
}

impl Next {
    fn after(word: &str) -> Self {
        let text = word.trim_end();
        match text.strip_suffix('=') {
            Some(name) if is_secret(last_name(name)) => Self::Value,
            None if is_secret(last_name(text)) && !text.contains('=') => {
                if word.starts_with('-') {
                    Self::OptionsValue
                } else {
                    Self::Sign
                }
            }
            _ => Self::Anything,
        }
    }
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

/// Separators between settings within a word.
const ENDS: [char; 4] = ['?', '&', ',', ';'];

/// A word without the values of secret keys and without the credentials of addresses. It may hold
/// several settings: `a.token=x`, `?user=me&token=x`, `{ token = "x, y", b = 1 }`.
fn masked(word: &str) -> String {
    let (mut kept, mut rest) = (String::new(), word);
    // The first sign behind a secret name: a secret may have some of its own.
    while let Some(sign) = rest.find('=') {
        let (before, behind) = (&rest[..sign], &rest[sign + 1..]);
        let value = behind.trim_start();
        if !is_secret(last_name(before)) || value.is_empty() {
            kept.push_str(&rest[..=sign]);
            rest = behind;
            continue;
        }
        kept.push_str(&rest[..=sign]);
        kept.push_str(&behind[..behind.len() - value.len()]);
        kept.push_str(MASK);
        rest = &value[length_of_value(value)..];
    }
    kept.push_str(rest);
    without_credentials(&kept)
}

/// The last key of a text, before a sign: `token` of `{ a = 1, token `.
fn last_name(text: &str) -> &str {
    let text = text.trim_end();
    for quote in ['"', '\''] {
        if let Some(inner) = text.strip_suffix(quote) {
            return inner.rfind(quote).map_or(inner, |start| &inner[start + 1..]);
        }
    }
    let is_end = |c: char| ENDS.contains(&c) || c.is_whitespace();
    text.rfind(is_end).map_or(text, |end| &text[end..])
}

/// Bytes of the value at the beginning of a text, quotes included; a table or a list takes all.
fn length_of_value(text: &str) -> usize {
    if text.starts_with(['{', '[']) {
        return text.len();
    }
    let quote = text.chars().next().filter(|first| ['"', '\''].contains(first));
    let Some(quote) = quote else { return text.find(ENDS).unwrap_or(text.len()) };
    let mut is_escaped = false;
    for (place, c) in text.char_indices().skip(1) {
        if c == quote && !is_escaped {
            return place + 1;
        }
        is_escaped = quote == '"' && c == '\\' && !is_escaped;
    }
    text.len()
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
            ("seglab --set foo.token = abc --set x=1", "seglab --set foo.token = *** --set x=1"),
            ("seglab --set foo.token= -abc", "seglab --set foo.token= ***"),
            ("seglab --set foo.token =abc", "seglab --set foo.token =***"),
        ] {
            assert_eq!(shown(line), expected);
            assert!(!shown(line).contains("abc"), "{line}");
        }
    }

    #[test]
    fn secrets_within_one_word_are_masked_with_blanks_and_quotes() {
        for (word, expected) in [
            ("foo.token = abc", "foo.token = ***"),
            ("foo.token =\t\"a, b\" ", "foo.token =\t*** "),
            ("a = { token = \"a \\\" b\", b = 1 }", "a = { token = ***, b = 1 }"),
            (
                "a = { \"api key\" = 1, 'secret' = 'x y' }",
                "a = { \"api key\" = 1, 'secret' = *** }",
            ),
            ("secrets = { a = 1, b = 'x' }", "secrets = ***"),
            ("foo.password = two words", "foo.password = ***"),
            ("foo.token = \"never closed, b = 1", "foo.token = ***"),
        ] {
            assert_eq!(arguments([word.to_owned()]), [expected]);
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
