//! [`RunId`]: the name of a run, a pure function of the experiment and its data.
//!
//! Does not know about folders.

use super::Experiment;
use crate::base::{Error, Fault};
use std::{fmt, str::FromStr};

/// `<slug>-f<fold>-s<seed>-<8 hex of the digest>`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RunId {
    slug: String,
    fold: usize,
    seed: u64,
    digest: String,
}

impl RunId {
    /// Names the run of a fold and seed; `digest` is that of [`digest`](super::digest()).
    pub fn new(experiment: &Experiment, fold: usize, seed: u64, digest: &str) -> Self {
        let digest = digest.chars().take(8).collect();
        Self { slug: experiment.name.clone(), fold, seed, digest }
    }

    /// Name of the experiment.
    pub fn slug(&self) -> &str {
        &self.slug
    }

    /// Fold, from 0.
    pub fn fold(&self) -> usize {
        self.fold
    }

    /// Seed.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// The first 8 hexadecimal digits of the digest.
    pub fn digest(&self) -> &str {
        &self.digest
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-f{}-s{}-{}", self.slug, self.fold, self.seed, self.digest)
    }
}

impl FromStr for RunId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        parse(text).ok_or_else(|| {
            Fault::new(format!("`{text}` is not a run id"))
                .detail("expected  NAME-fFOLD-sSEED-DIGEST, such as `baseline-f0-s42-3fa9c2d1`")
                .into()
        })
    }
}

fn parse(text: &str) -> Option<RunId> {
    let mut parts = text.rsplitn(4, '-');
    let (digest, seed, fold, slug) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let is_digest = digest.len() == 8 && digest.chars().all(|c| matches!(c, '0'..='9' | 'a'..='f'));
    let run = RunId {
        slug: slug.into(),
        fold: fold.strip_prefix('f')?.parse().ok()?,
        seed: seed.strip_prefix('s')?.parse().ok()?,
        digest: digest.into(),
    };
    // `f00` and `s+1` parse too, but no run is called that.
    (is_digest && !slug.is_empty() && run.to_string() == text).then_some(run)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::load_resolved;

    #[test]
    fn an_id_is_read_back_even_when_the_name_looks_like_one() {
        let text = "name = 'a-f1-s2-00000000'\n[data]\nroot = 'd'\nclasses = ['b', 't']";
        let experiment = load_resolved(text).unwrap();
        let id = RunId::new(&experiment, 3, u64::MAX, "0123456789abcdef");
        assert_eq!(id.to_string(), "a-f1-s2-00000000-f3-s18446744073709551615-01234567");
        assert_eq!(id.to_string().parse::<RunId>().unwrap(), id);
    }

    #[test]
    fn what_is_no_id_is_refused() {
        for text in ["", "a", "a-f0-s1", "a-f0-s1-0123456", "a-f0-s1-0123456G", "-f0-s1-01234567"] {
            assert!(text.parse::<RunId>().is_err(), "{text}");
        }
        assert!("a-f00-s1-01234567".parse::<RunId>().is_err());
        assert!("a-s1-f0-01234567".parse::<RunId>().is_err());
    }
}
