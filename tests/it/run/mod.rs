//! One run: begun, stopped, gone on with, extended, reproduced.

mod places;
mod reproduce;
mod resume;
mod run_command;
mod survive;
