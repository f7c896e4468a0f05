//! Integration tests: one binary, one file per subject.
#![expect(
    clippy::unwrap_used,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::disallowed_methods,
    reason = "a test may stop at the first surprise"
)]

mod accumulate;
mod answer;
mod bad_data;
mod chaos;
mod compaction;
mod data_command;
mod disk;
mod doctor;
mod eval_command;
mod gc;
mod git;
mod give_up;
mod golden;
mod lab;
mod layering;
mod loss_parity;
mod made_up;
mod made_up_sweep;
mod metric_parity;
mod model_parity;
mod nifti_files;
mod optimizer_parity;
mod overlap_parity;
mod page_browser;
mod phantom;
mod phantom_files;
mod prune;
mod prune_replay;
mod record;
mod record_resume;
mod report;
mod reproduce;
mod resize_rotate;
mod resume;
mod run_command;
mod runs_command;
mod slurm;
mod spec;
mod spec_faults;
mod split;
mod statistics_parity;
mod survive;
mod sweep_costs;
mod sweep_plan;
mod sweep_report;
mod sweep_run;
