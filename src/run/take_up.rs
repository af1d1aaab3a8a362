//! A reviewed plan taken up: whether it still fits, what is left of it beside what Seam holds now, and what has to be
//! read again because it is never written down.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::connection::Connection;
use super::failure::Failure;
use super::job::{Job, live_keys};
use super::told::Told;
use crate::apply::Applied;
use crate::event::{Event, Outcome, Stage};
use crate::exit_code::ExitCode;
use crate::mapping::{CurrentAccess, Desired, Directory, map};
use crate::model::{
    Inventory, Ledger, Method, Pin, Problem, ProblemCode, ReservationId, SourcePlace, SpaceId, WishedCode,
    WorkspaceId,
};
use crate::plan::{Base, Call, CheckedPlan, Plan, Remaining, SavedPlan, StepId, check_against, remaining};
use crate::report::document::{Document, NotSaved};
use crate::store::Store;

/// A plan is carried out within this time, or made anew (RULES 34).
const MAX_AGE: SignedDuration = SignedDuration::from_hours(24);

/// How far the clocks of two computers may differ.
const MAX_SKEW: SignedDuration = SignedDuration::from_mins(5);

/// What became of a saved plan before anything was sent.
#[derive(Debug)]
pub(super) struct TakenUp {
    planned: Document,
    plan: Plan,
    remaining: Remaining,
    warnings: Vec<Problem>,
}

impl TakenUp {
    /// Reservations of which something was set aside.
    fn stale_reservations(&self) -> BTreeSet<ReservationId> {
        let steps = self.remaining.stale.keys();
        let items = steps.filter_map(|step| self.plan.step(*step).item);
        items.map(|item| self.plan.item(item).reservation.clone()).collect()
    }

    /// Tells the plan, and what came of it once it was begun.
    pub(super) fn tell(&self, document: Document, applied: Option<&Applied>) -> Document {
        let document = document.with_plan_of(&self.planned).with_warnings(&self.warnings);
        let Some(Applied { endings, .. }) = applied else { return document };
        let reasons: Vec<(StepId, String)> =
            self.remaining.stale.iter().map(|(step, why)| (*step, why.to_string())).collect();
        let stale = reasons.iter().map(|(step, why)| (*step, Outcome::Stale, Some(why.as_str())));
        let ended = endings.iter().map(|ending| {
            let step = self.remaining.steps[ending.step.0 as usize];
            (step, ending.outcome, ending.error.as_deref())
        });
        document.with_outcomes(&self.plan, stale.chain(ended))
    }
}

impl Job<'_> {
    /// Refuses a plan that was made for something else, before anything is touched.
    pub(super) async fn refuse_misfit(
        &self,
        planned: &Document,
        workspace_id: &WorkspaceId,
        now: Timestamp,
    ) -> Result<(), Failure> {
        let (_, saved) = planned.saved_plan()?;
        let clock = Timestamp::now();
        let misfit = if planned.workspace_id.as_ref() != Some(workspace_id) {
            Some("was made for another workspace")
        } else if saved.namespace != self.settings.plan.namespace {
            Some("was made for another namespace")
        } else if saved.config != self.settings.digest {
            Some("was made with another configuration")
        } else if saved.created_at + MAX_AGE < clock || saved.now + MAX_AGE < now {
            Some("is older than 24 hours")
        } else if clock + MAX_SKEW < saved.created_at || now + MAX_SKEW < saved.now {
            Some("was made for a later time than now")
        } else if !self.is_of_this_store(saved).await? {
            Some("was made beside another store")
        } else {
            None
        };
        misfit.map_or(Ok(()), |misfit| {
            Err(Failure {
                exit_code: ExitCode::PlanDoesNotFit,
                message: format!("the plan {misfit}; nothing was written"),
                hint: "make a new one with `reservation-sync plan -o`, look at it, and apply that".to_owned(),
            })
        })
    }

    async fn is_of_this_store(&self, saved: &SavedPlan) -> Result<bool, Failure> {
        let Some(store) = Store::open_existing(&self.settings.store).await? else { return Ok(false) };
        let identity = store.identity().await?;
        store.close().await;
        Ok(identity == saved.store)
    }

    /// Reads Seam, sets aside what is stale, and verifies what is left.
    pub(super) async fn take_up(
        &self,
        planned: &Document,
        connection: &Connection,
        told: &mut Told,
    ) -> Result<Arc<CheckedPlan>, Failure> {
        let (plan, saved) = planned.saved_plan()?;
        self.sink.emit(&Event::Started(Stage::Inventory));
        let inventory = connection.reader.inventory(self.sink).await?;
        self.sink.emit(&Event::Finished(Stage::Inventory));
        self.sink.emit(&Event::Started(Stage::Plan));
        let directory = Directory::of(&inventory);
        let base = Base {
            now: connection.now,
            settings: &self.settings.plan,
            directory: &directory,
            inventory: &inventory,
            desired: None,
            decisions: &[],
        };
        let ledger = self.history(told).await?;
        let live = live_keys(&inventory, connection.now);
        told.broken_moves = ledger.broken_moves(|key| live.contains(key));
        let mut remaining = remaining(&plan, saved, &base);
        let warnings = self.read_codes_again(&mut remaining.plan, &inventory, &directory, saved.now).await;
        let checked = check_against(remaining.plan.clone(), &base);
        told.taken_up = Some(TakenUp { planned: planned.clone(), plan, remaining, warnings });
        let checked = Arc::new(checked?);
        keep(saved, told).await?;
        told.plan = Some(Arc::clone(&checked));
        self.sink.emit(&Event::Finished(Stage::Plan));
        Ok(checked)
    }

    /// A wished PIN is taken from its row once more. Where that row is gone or says something else by now, the grant
    /// is made without it: the guest gets another PIN, and gets in (RULES 8).
    async fn read_codes_again(
        &self,
        plan: &mut Plan,
        inventory: &Inventory,
        directory: &Directory,
        now: Timestamp,
    ) -> Vec<Problem> {
        let wishes: Vec<usize> =
            (0..plan.steps.len()).filter(|step| wishes_for_a_code(plan, *step)).collect();
        if wishes.is_empty() {
            return Vec::new();
        }
        let desired = self.read_source(now).await.ok().map(|source| {
            let (ledger, namespace) = (Ledger::default(), &self.settings.plan.namespace);
            let access = CurrentAccess::of(inventory, &ledger, directory, namespace, now);
            map(source.reservations, directory, &access, &self.settings.mapping, now)
        });
        let mut warnings = Vec::new();
        for step in wishes {
            let found = desired.as_ref().and_then(|desired| self.code_of(plan, step, desired, directory));
            if found.is_none() {
                warnings.push(without_code(plan, step));
            }
            if let Call::CreateGrant { code, .. } = &mut plan.steps[step].call {
                *code = found;
            }
        }
        warnings
    }

    fn code_of(
        &self,
        plan: &Plan,
        step: usize,
        desired: &Desired,
        directory: &Directory,
    ) -> Option<WishedCode> {
        let item = plan.item(plan.steps[step].item?);
        let Call::CreateGrant { spaces, window, .. } = &plan.steps[step].call else { return None };
        let identity_key = item.after.as_ref()?.user_identity_key.as_ref()?;
        let guest = self.settings.plan.namespace.guest_of(identity_key)?;
        let reservation = desired.reservations.iter().find(|one| one.id == item.reservation)?;
        let wanted: BTreeSet<&SpaceId> = spaces.iter().collect();
        let grant = reservation.grants.iter().find(|grant| {
            let opened: BTreeSet<&SpaceId> =
                grant.spaces().into_iter().map(|space| &directory.space(space).id).collect();
            grant.guest == guest && grant.window == *window && opened == wanted
        })?;
        grant.code.clone()
    }
}

/// Records what a rollback is to keep, before it is restored: the next run must not undo it, however this one ends.
async fn keep(saved: &SavedPlan, told: &Told) -> Result<(), Failure> {
    let (store, lease) = told.record.as_ref().expect("a plan is taken up after its run has begun");
    let stale = told.taken_up.as_ref().expect("it was taken up").stale_reservations();
    let kept: Vec<Pin> = saved.pins.iter().filter(|pin| !stale.contains(&pin.id())).cloned().collect();
    Ok(store.put_pins(lease, &told.run_id, &kept).await?)
}

fn wishes_for_a_code(plan: &Plan, step: usize) -> bool {
    let step = &plan.steps[step];
    let is_wished = step.item.is_some_and(|item| plan.item(item).code_wished);
    is_wished && matches!(&step.call, Call::CreateGrant { methods, .. } if methods.contains(&Method::Code))
}

fn without_code(plan: &Plan, step: usize) -> Problem {
    let source = plan.steps[step].item.and_then(|item| plan.item(item).source.clone());
    Problem {
        source: source.unwrap_or_else(|| SourcePlace::parse("plan")),
        column: "code",
        code: ProblemCode::Notice,
        message: "the row that wished for a PIN is gone or says something else; the grant is made without it"
            .to_owned(),
        hint: "tell the guest the PIN that Seam chose".to_owned(),
    }
}

impl From<NotSaved> for Failure {
    fn from(error: NotSaved) -> Self {
        Self::new(ExitCode::PlanDoesNotFit, &error, error.hint())
    }
}
