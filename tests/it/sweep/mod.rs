//! Sweeps: planned, run, pruned, on Slurm.

mod costs;
mod give_up;
mod plan;
mod prune;
mod prune_replay;
mod run;
mod slurm;
