//! [`nearest`], [`did_you_mean`]: the known word that a user probably meant.
//!
//! Does not know where the words come from.

/// The hint for a word that is none of `candidates`.
pub fn did_you_mean<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str, IntoIter: Clone>,
) -> Option<String> {
    Some(format!("did you mean `{}`?", nearest(word, candidates)?))
}

/// The candidate most like `word`, if any is like it at all.
pub fn nearest<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str, IntoIter: Clone>,
) -> Option<&'a str> {
    // One slip for every three letters of the longer; `sweep` must not become `seed`.
    let slips = |candidate: &str| {
        let n_letters = word.chars().count().max(candidate.chars().count());
        (n_letters / 3).max(1)
    };
    let plain = |text: &str| text.to_lowercase().replace('_', "-");
    let mut candidates = candidates.into_iter();
    candidates
        .clone()
        .map(|candidate| (strsim::damerau_levenshtein(&plain(word), &plain(candidate)), candidate))
        .filter(|(distance, candidate)| {
            *distance <= slips(candidate) && *distance < candidate.chars().count()
        })
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
        .or_else(|| candidates.find(|candidate| word.len() > 2 && candidate.starts_with(word)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_case_and_underscores_are_forgiven_and_other_words_are_not() {
        let keys = ["epochs", "batch", "max-lr", "p"];
        assert_eq!(nearest("epoch", keys), Some("epochs"));
        assert_eq!(nearest("Max_LR", keys), Some("max-lr"));
        assert_eq!(nearest("btach", keys), Some("batch"));
        assert_eq!(nearest("max", keys), Some("max-lr"));
        assert_eq!(nearest("widht", ["widths"]), Some("widths"));
        assert_eq!(nearest("lr", keys), None);
        assert_eq!(nearest("sweep", ["seed"]), None);
        assert_eq!(nearest("optimizer", keys), None);
    }
}
