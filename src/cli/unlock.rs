//! `unlock`: the lock of a run that will not give it back any more is lifted.

use jiff::Timestamp;

use super::arguments::UnlockFlags;
use super::output::Output;
use super::plan::runtime;
use crate::config::Settings;
use crate::exit_code::ExitCode;
use crate::model::shell_word;
use crate::plan::Commands;
use crate::report::visible;
use crate::run::Failure;
use crate::store::{Fate, FoundLock, Store};

/// Shows who holds the lock, and lifts it where that is safe or where a person says by its id that it is.
pub(super) fn unlock(settings: &Settings, flags: &UnlockFlags, output: &Output) -> Result<ExitCode, Failure> {
    let locks = runtime()?.block_on(async {
        let Some(store) = Store::open_existing(&settings.store).await? else { return Ok(Vec::new()) };
        let locks = store.unlock(&settings.plan.namespace, flags.holder.as_deref()).await?;
        store.close().await;
        Ok::<_, Failure>(locks)
    })?;
    let commands = Commands::new(&settings.path, &["run"], &[]);
    output.text_or_json(|| text(&locks, &commands), || json(&locks))?;
    let all_lifted = locks.iter().all(|lock| lock.fate.is_lifted());
    Ok(if all_lifted { ExitCode::Success } else { ExitCode::Locked })
}

fn text(locks: &[FoundLock], commands: &Commands) -> String {
    if locks.is_empty() {
        return "Nobody holds the lock, so there is nothing to lift.\n".to_owned();
    }
    locks.iter().map(|lock| block(lock, commands)).collect()
}

fn block(lock: &FoundLock, commands: &Commands) -> String {
    let FoundLock { id, workspace_id, holder, since, renewed, expires, fate } = lock;
    let (pid, host) = (holder.pid, visible(&holder.host));
    let told = match fate {
        Fate::LiftedDead => "Lifted: that process has ended.".to_owned(),
        Fate::LiftedExpired => "Lifted: it had run out.".to_owned(),
        Fate::LiftedNamed => "Lifted, because you named it.".to_owned(),
        Fate::KeptAlive => {
            format!("Kept: process {pid} runs on this host. Wait until it is over, or end it.")
        }
        Fate::KeptUnseen => format!(
            "Kept: whether that process still runs cannot be seen from here. Without a sign of life the lock ends by \
             itself at {}.\nIf you know that it is gone: {}",
            time(*expires),
            commands.of(&format!("unlock --holder {}", shell_word(id)))
        ),
        Fate::KeptChanged => "Kept: its holder has just shown a sign of life.".to_owned(),
    };
    format!(
        "Lock {} for workspace {}\nheld by process {pid} on {host} since {}, last sign of life {}\n{told}\n",
        visible(id),
        visible(workspace_id.as_str()),
        time(*since),
        time(*renewed)
    )
}

fn time(timestamp: Timestamp) -> String {
    timestamp.strftime("%Y-%m-%d %H:%M:%SZ").to_string()
}

fn json(locks: &[FoundLock]) -> String {
    let locks: Vec<_> = locks
        .iter()
        .map(|FoundLock { id, workspace_id, holder, since, renewed, expires, fate }| {
            serde_json::json!({
                "holder": id, "workspace_id": workspace_id.as_str(), "host": holder.host, "pid": holder.pid,
                "since": since, "last_sign_of_life": renewed, "expires": expires, "lifted": fate.is_lifted(),
                "reason": reason(*fate),
            })
        })
        .collect();
    format!("{}\n", serde_json::json!({ "locks": locks }))
}

fn reason(fate: Fate) -> &'static str {
    match fate {
        Fate::LiftedDead => "dead",
        Fate::LiftedExpired => "expired",
        Fate::LiftedNamed => "named",
        Fate::KeptAlive => "alive",
        Fate::KeptUnseen => "may_be_alive",
        Fate::KeptChanged => "changed",
    }
}
