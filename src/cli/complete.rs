//! `completions` and `man`.

use std::fs;
use std::path::Path;

use clap_complete::Shell;
use clap_mangen::Man;

use super::output::Output;
use crate::exit_code::ExitCode;
use crate::run::Failure;

/// `completions`: the script of a shell.
pub(super) fn completions(shell: Shell) -> Result<ExitCode, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut super::command(), "reservation-sync", &mut script);
    Output::data(&String::from_utf8_lossy(&script))?;
    Ok(ExitCode::Success)
}

/// `man`: the manual page, or one page a verb in a folder.
pub(super) fn man(folder: Option<&Path>) -> Result<ExitCode, Failure> {
    let failed =
        |error: std::io::Error| Failure::new(ExitCode::Unexpected, &error, "check the folder and the disk");
    if let Some(folder) = folder {
        fs::create_dir_all(folder).map_err(failed)?;
        clap_mangen::generate_to(super::command(), folder).map_err(failed)?;
    } else {
        let mut page = Vec::new();
        Man::new(super::command()).render(&mut page).map_err(failed)?;
        Output::data(&String::from_utf8_lossy(&page))?;
    }
    Ok(ExitCode::Success)
}
