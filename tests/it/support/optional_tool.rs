//! [`skip_without`]: what a test does where a tool that it needs is not installed.

use std::io::{self, Write};

/// Names the tools that must be there, with commas between: `slurm,browser`. `.ci/run` sets it.
const NEEDED: &str = "SEGLAB_TESTS_NEED";

/// Says that a test is skipped because there is no `tool` here, for this reason.
///
/// Fails where [`NEEDED`] names the tool: a test that did not run must not count as passed there.
#[track_caller]
pub(crate) fn skip_without(tool: &str, reason: &str) {
    let needed = std::env::var(NEEDED).unwrap_or_default();
    assert!(!is_needed(&needed, tool), "`{NEEDED}` names `{tool}`, but {reason}");
    // A test whose stderr is closed is skipped all the same.
    let _ = writeln!(io::stderr(), "skipped: {reason}");
}

fn is_needed(needed: &str, tool: &str) -> bool {
    needed.split(',').any(|name| name.trim() == tool)
}

#[test]
fn a_tool_is_needed_only_where_it_is_named() {
    assert!(is_needed("slurm,browser", "browser") && is_needed("slurm, browser", "browser"));
    assert!(!is_needed("", "browser") && !is_needed("slurm", "browser"));
}
