//! `sandbox`.

use tokio::runtime::Builder;

use super::arguments::SandboxFlags;
use super::output::Output;
use super::plan::started;
use super::signals;
use crate::exit_code::ExitCode;
use crate::run::{Failure, Interrupt};
use crate::sandbox::{Sandbox, SandboxClock, SandboxOptions, SeedSource};

/// `sandbox`: serves the emulator until it is told to stop.
pub(super) fn sandbox(flags: &SandboxFlags) -> Result<ExitCode, Failure> {
    let SandboxFlags { port, seed, state, now } = flags;
    let options = SandboxOptions {
        seed: seed.clone().map_or(SeedSource::Empty, SeedSource::File),
        state: state.clone(),
        port: *port,
        clock: now.map_or(SandboxClock::Real, SandboxClock::StartingAt),
        ..SandboxOptions::default()
    };
    started(&mut Builder::new_multi_thread())?.block_on(async {
        let interrupt = Interrupt::default();
        signals::listen(&interrupt)?;
        let sandbox = Sandbox::start(options).await?;
        Output::data(&format!(
            "The sandbox listens until Ctrl-C. Whoever is to speak to it needs these in the environment:\n\
             SEAM_ENDPOINT={}\nSEAM_API_KEY={}\n",
            sandbox.endpoint(),
            sandbox.api_key()
        ))?;
        interrupt.token().cancelled().await;
        sandbox.stop().await;
        Ok(ExitCode::Success)
    })
}
