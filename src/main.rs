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
    if let Some(code) = agree_with_burn(&arguments) {
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

/// Starts the program again with burn's default device set to the one asked for.
///
/// burn puts loaded optimizer state on its default device, which is CUDA wherever CUDA is
/// compiled in, GPU or not. Only the environment can tell it, and only before it starts.
#[cfg(feature = "cuda")]
fn agree_with_burn(arguments: &Arguments) -> Option<ExitCode> {
    use std::{env, os::unix::process::CommandExt, process::Command};

    const VARIABLE: &str = "BURN_DEVICE";
    let device = arguments.burn_device().filter(|_| env::var_os(VARIABLE).is_none())?;
    let program = env::current_exe().ok()?;
    let error = Command::new(program).args(env::args_os().skip(1)).env(VARIABLE, device).exec();
    // `exec` returns only when it failed.
    let _ = writeln!(io::stderr(), "error: cannot set `{VARIABLE}`\ncaused by: {error}");
    Some(ExitCode::FAILURE)
}
