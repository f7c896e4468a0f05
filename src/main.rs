//! The `seglab` program: parses, dispatches, shows the error, returns the exit code.

use clap::Parser;
use seglab::cli::Arguments;
use std::{
    io::{self, Write},
    process::ExitCode,
};

fn main() -> ExitCode {
    match Arguments::parse().run(&mut io::stdout()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // A closed stderr leaves nobody to tell.
            let _ = writeln!(io::stderr(), "{error}");
            ExitCode::from(error.kind.exit_code())
        }
    }
}
