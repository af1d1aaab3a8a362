//! The command line: one file a verb. Flags become values here, and nothing behind this room reads them again.
//!
//! Data goes to stdout; progress, logs and errors go to stderr.

mod adopt;
mod apply;
mod arguments;
mod ask;
mod check;
mod check_online;
mod complete;
mod config;
mod decide;
mod explain;
mod export;
mod filter;
mod init;
mod output;
mod outputs;
mod plan;
mod profiles;
mod rejects;
mod release;
mod rollback;
mod sandbox;
mod show;
mod signals;
mod survey;
mod unlock;
mod who;
mod whole_file;

use std::io;

use clap::error::ErrorKind;
use clap::{CommandFactory, Parser};

use crate::config::{Environment, Settings};
use crate::exit_code::ExitCode;
use crate::run::Failure;
use arguments::{Arguments, Verb};
use output::Output;

/// Parses the command line, does what it says, and returns how it ended.
pub fn main() -> ExitCode {
    // What has gone wrong was printed where it happened; the exit code is one of the table all the same.
    std::panic::catch_unwind(work).unwrap_or_else(|_| {
        Output::plain_failure(&Failure {
            exit_code: ExitCode::Unexpected,
            message: "the program ended where it never should".to_owned(),
            hint: "check the limits of this process (ulimit -a), else report the lines above; what took effect is \
                   found by its keys in the next run"
                .to_owned(),
        })
    })
}

fn work() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return refused(&error),
    };
    let environment = Environment::from_process();
    let output = match Output::new(&arguments.common, &environment) {
        Ok(output) => output,
        Err(failure) => return Output::plain_failure(&failure),
    };
    let done = dispatch(arguments, &environment, &output);
    match done {
        Ok(exit_code) => exit_code,
        Err(failure) => output.failure(&failure),
    }
}

/// The command, for completions and the manual.
pub fn command() -> clap::Command {
    Arguments::command()
}

fn dispatch(arguments: Arguments, environment: &Environment, output: &Output) -> Result<ExitCode, Failure> {
    let Arguments { common, verb } = arguments;
    let wanted = outputs::wanted(&common, &verb);
    let settings = |output: &Output| {
        let settings = load(&common, environment, output)?;
        outputs::refuse(&wanted, &settings)?;
        Ok::<_, Failure>(settings)
    };
    match verb {
        Verb::Init(flags) => init::init(&flags, common.config.as_deref(), output),
        Verb::Check(flags) => check::check(&flags.rows.applied_to(settings(output)?), &flags, output),
        Verb::Config(flags) => {
            let path = common.config.as_deref();
            config::config(&flags, path, || settings(output), environment, output)
        }
        Verb::Plan { save, rows } => {
            plan::plan(&rows.applied_to(settings(output)?), &save, rows.rejects.as_deref(), output)
        }
        Verb::Apply(flags) => apply::apply(&settings(output)?, &flags, output),
        Verb::Run { run, rows } => {
            plan::run(&rows.applied_to(settings(output)?), &run, rows.rejects.as_deref(), output)
        }
        Verb::Adopt(flags) => adopt::adopt(&settings(output)?, &flags, output),
        Verb::Decide(flags) => decide::decide(&settings(output)?, &flags, output),
        Verb::Explain(flags) => explain::explain(&settings(output)?, &flags, output),
        Verb::Who(flags) => who::who_opens(&settings(output)?, flags, output),
        Verb::Export(flags) => export::export_grants(&settings(output)?, &flags, output),
        Verb::Rollback(flags) => rollback::rollback(&settings(output)?, &flags, output),
        Verb::Runs { limit } => show::runs(&settings(output)?, limit, output),
        Verb::Show { what } => show::show(|| settings(output), &what, output),
        Verb::Release => release::release(&settings(output)?, output),
        Verb::Profiles(flags) => profiles::profiles(&flags, output),
        Verb::Unlock(flags) => unlock::unlock(&settings(output)?, &flags, output),
        Verb::Sandbox(flags) => sandbox::sandbox(&flags),
        Verb::Completions { shell } => complete::completions(shell),
        Verb::Man { folder } => complete::man(folder.as_deref()),
    }
}

fn load(common: &arguments::Common, environment: &Environment, output: &Output) -> Result<Settings, Failure> {
    crate::config::load(common.config.as_deref(), environment).map_err(|error| Failure {
        exit_code: ExitCode::Configuration,
        message: error.render(output.config_colour()),
        hint: String::new(),
    })
}

/// What clap says: help and the version are answers, the rest is a usage error (64, not clap's own 2).
fn refused(error: &clap::Error) -> ExitCode {
    let shown = error.print();
    match (error.kind(), shown) {
        (ErrorKind::DisplayHelp | ErrorKind::DisplayVersion, Ok(())) => ExitCode::Success,
        (_, Err(broken)) if broken.kind() == io::ErrorKind::BrokenPipe => ExitCode::Success,
        (_, _) => ExitCode::Usage,
    }
}
