//! The `seglab` program: parses, dispatches, shows the error, returns the exit code.

use clap::Parser;
use seglab::{base::crash, cli::Arguments};
use std::{
    io::{self, Write},
    process::ExitCode,
};

fn main() -> ExitCode {
    crash::keep_quiet();
    let arguments = Arguments::parse();
    #[cfg(feature = "cuda")]
    if let Some(code) = prepare(&arguments) {
        return code;
    }
    match crash::catch("seglab", || arguments.run(&mut io::stdout())) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Without a stderr there is no place for an error.
            let _ = writeln!(io::stderr(), "{error}");
            ExitCode::from(error.code.exit_code())
        }
    }
}

/// Starts the program again with the environment that its device needs: burn's default device, and
/// the folders of CUDA's compiler and headers, which the loader of libraries reads only at the start.
/// Says so when kernels will have to be compiled first. `None` to go on in this process.
#[cfg(feature = "cuda")]
fn prepare(arguments: &Arguments) -> Option<ExitCode> {
    use seglab::train::device::{first_time, variables};
    use std::{env, os::unix::process::CommandExt, process::Command};

    let choice = arguments.device()?;
    let variables = match crash::catch("looking for a device", || variables(choice)) {
        Ok(variables) => variables,
        Err(error) => {
            let _ = writeln!(io::stderr(), "{error}");
            return Some(ExitCode::from(error.code.exit_code()));
        }
    };
    if variables.is_empty() {
        if let Some(note) = first_time(choice) {
            let _ = writeln!(io::stderr(), "{note}");
        }
        return None;
    }
    let program = env::current_exe().ok()?;
    let error = Command::new(program).args(env::args_os().skip(1)).envs(variables).exec();
    // `exec` returns only when it failed.
    let _ = writeln!(io::stderr(), "error: cannot start again\ncaused by: {error}");
    Some(ExitCode::FAILURE)
}
