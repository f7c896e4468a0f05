//! [`short_keys`]: dotted keys by as few words as make them different.
//!
//! Does not know what the keys mean.

/// Each key by as few of its last words as make it different from the others: `max-lr` for
/// `schedule.max-lr`.
pub fn short_keys(keys: &[String]) -> Vec<String> {
    let ends = |key: &str| -> Vec<String> {
        let words: Vec<&str> = key.split('.').collect();
        (0..words.len()).rev().map(|start| words[start..].join(".")).collect()
    };
    let is_alone = |end: &String| {
        let tail = format!(".{end}");
        keys.iter().filter(|key| *key == end || key.ends_with(&tail)).count() == 1
    };
    keys.iter().map(|key| ends(key).into_iter().find(is_alone).unwrap_or(key.clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_as_short_as_they_can_be_told_apart() {
        let keys = ["loss.dice.weight", "loss.cross-entropy.weight", "schedule.max-lr", "a.lr"];
        let keys = keys.map(str::to_owned);
        let expected = ["dice.weight", "cross-entropy.weight", "max-lr", "lr"];
        assert_eq!(short_keys(&keys), expected);
    }
}
