//! The file of rejected rows: written beside a report, and fed back once somebody has mended it.

use std::path::{Path, PathBuf};

use clap::Args;

use super::whole_file::write_private;
use crate::config::Settings;
use crate::exit_code::ExitCode;
use crate::model::RejectedRows;
use crate::private_file::narrow;
use crate::report::rejects::render;
use crate::run::Failure;
use crate::source::{KeptRejects, SourceInput};

/// Flags of the verbs that read the source.
#[derive(Debug, Default, Args)]
pub(super) struct RejectsFlags {
    /// Writes the rows that cannot be used, as the source has them and with what is wrong, into a CSV file for its owner only.
    #[arg(long, value_name = "PATH")]
    pub(super) rejects: Option<PathBuf>,
    /// Reads a mended file of --rejects in place of the source; what is not in it is left alone.
    #[arg(long, value_name = "PATH")]
    from_rejects: Option<String>,
}

impl RejectsFlags {
    /// The settings as these flags change them.
    pub(super) fn applied_to(&self, mut settings: Settings) -> Settings {
        let Self { rejects, from_rejects } = self;
        if let Some(path) = from_rejects {
            let input = match path.as_str() {
                "-" => SourceInput::Stdin,
                // As every path on the command line, it starts from where the program was started.
                path => {
                    narrow(Path::new(path));
                    SourceInput::File { folder: PathBuf::new(), path: path.to_owned() }
                }
            };
            settings.source = settings.source.fed_back(input);
        }
        if rejects.is_some() {
            settings.source.rejects = KeptRejects::Rows;
        }
        settings
    }
}

/// Writes the file, also where nothing was rejected: yesterday's rows must not be taken for today's.
pub(super) fn write_rejects(path: &Path, rejected: &RejectedRows) -> Result<(), Failure> {
    write_private(path, &render(rejected)).map_err(|error| Failure {
        exit_code: ExitCode::Unexpected,
        message: format!("write the rejected rows to `{}`: {error}", path.display()),
        hint: "check the path and the disk".to_owned(),
    })
}
