//! The program: see `reservation-sync --help`.

use std::process::ExitCode;

fn main() -> ExitCode {
    reservation_sync::cli::main().into()
}
