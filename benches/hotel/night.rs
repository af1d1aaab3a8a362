//! One night's work as the job does it, part by part: read the file, map, plan, check.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::PathBuf;

use jiff::civil::time;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use reservation_sync::mapping::{
    AddressRules, CurrentAccess, Desired, Directory, GuestScope, MappingSettings, SharedSpaces,
    SpaceTemplate, UnitRule, map,
};
use reservation_sync::model::{
    Coverage, Inventory, Ledger, Method, Namespace, Properties, Property, Reservation, SourceRead,
};
use reservation_sync::plan::{
    CheckedPlan, Commands, ContactConflict, GuardSettings, Limits, Past, Plan, PlanInput, PlanSettings,
    Policy, Quarantine, Reading, Share, check, plan,
};
use reservation_sync::source::{
    self, CellForms, ColumnMap, DateOrder, FileFormat, KeptRejects, OpenEnd, RowOrigin, SourceInput,
    SourceSettings, StatusMap,
};

use super::bookings::{Booking, Size};
use super::rows::{Edition, write_rows};
use super::workspace::{carry_out, workspace};

/// The configuration of the hotel, and the folder in which its files stand.
pub(crate) struct House {
    source: SourceSettings,
    mapping: MappingSettings,
    plan: PlanSettings,
    guards: GuardSettings,
    ledger: Ledger,
    commands: Commands,
    reading: Reading,
    folder: PathBuf,
    now: Timestamp,
}

impl House {
    /// A hotel in Lisbon, on the evening of the first day.
    pub(crate) fn new(folder: PathBuf) -> Self {
        let default = Property {
            time_zone: TimeZone::get("Europe/Lisbon").expect("the zone database is bundled"),
            country: Some("PT".to_owned()),
            check_in: time(15, 0, 0, 0),
            check_out: time(11, 0, 0, 0),
            early_access: SignedDuration::ZERO,
            late_exit: SignedDuration::ZERO,
        };
        let properties = Properties { default, by_code: [].into() };
        let namespace = Namespace::new("pms").expect("three letters");
        let source = SourceSettings {
            input: SourceInput::Stdin,
            format: FileFormat::Csv,
            columns: ColumnMap::default(),
            statuses: StatusMap::canonical(),
            properties: properties.clone(),
            coverage: Coverage::Complete,
            covers: None,
            whole_reservations: false,
            max_age: None,
            forms: CellForms::default(),
            date_order: DateOrder::YearMonthDay,
            open_end: OpenEnd::default(),
            rejects: KeptRejects::default(),
            origin: RowOrigin::default(),
            encoding: None,
        };
        let mapping = MappingSettings {
            namespace: namespace.clone(),
            properties,
            units: UnitRule::Template(SpaceTemplate::parse("room-{unit}").expect("a good template")),
            also: ["lobby".into(), "gym".into()].into(),
            shared: SharedSpaces::default(),
            methods: [Method::Code].into(),
            guests: GuestScope::All,
            addresses: AddressRules::default(),
        };
        let plan = PlanSettings {
            policy: Policy::Sync,
            namespace,
            horizon: None,
            on_contact_conflict: ContactConflict::Omit,
            limits: Limits {
                requests_per_second: 10.0,
                burst: 10,
                concurrency: 10,
                door_creates_per_minute: 10,
                door_updates_per_minute: 10,
                door_deletes_per_minute: 20,
            },
        };
        let now = "2026-11-01T20:00:00Z".parse().expect("an instant");
        let all = Share::Percent(100.0);
        let guards = GuardSettings {
            max_delete: all,
            max_cancel: all,
            max_update: all,
            min_existing: 10,
            max_shrink: all,
            max_reject: all,
            max_in_house: all,
            missing_runs: 2,
            missing_for: SignedDuration::from_hours(12),
        };
        let (ledger, reading) = (Ledger::default(), Reading::partial());
        let commands = Commands::default();
        Self { source, mapping, plan, guards, ledger, commands, reading, folder, now }
    }

    /// Writes a file of bookings and gives its name.
    pub(crate) fn write(&self, name: &str, bookings: &[Booking], edition: Edition) -> String {
        let file = File::create(self.folder.join(name)).expect("a folder of ours");
        let mut out = BufWriter::new(file);
        write_rows(&mut out, bookings, edition).and_then(|()| out.flush()).expect("room on the disk");
        name.to_owned()
    }

    /// Reads a file of bookings.
    pub(crate) fn read(&self, file: &str) -> SourceRead {
        let input = SourceInput::File { folder: self.folder.clone(), path: file.to_owned() };
        let settings = SourceSettings { input, ..self.source.clone() };
        let read = source::read_file(&settings, self.now).expect("a file of ours");
        assert!(read.rejects.is_empty(), "{}", read.rejects[0]);
        assert!(read.warnings.is_empty(), "{}", read.warnings[0]);
        read
    }

    /// What of a workspace is ours.
    pub(crate) fn access<'a>(&'a self, directory: &Directory, inventory: &'a Inventory) -> CurrentAccess<'a> {
        CurrentAccess::of(inventory, &self.ledger, directory, &self.mapping.namespace, self.now)
    }

    /// Maps what was read.
    pub(crate) fn map(
        &self,
        reservations: Vec<Reservation>,
        directory: &Directory,
        access: &CurrentAccess<'_>,
    ) -> Desired {
        map(reservations, directory, access, &self.mapping, self.now)
    }

    /// What a plan is made of.
    pub(crate) fn input<'a>(
        &'a self,
        directory: &'a Directory,
        desired: &'a Desired,
        inventory: &'a Inventory,
        access: &'a CurrentAccess<'a>,
    ) -> PlanInput<'a> {
        let past = Past {
            ledger: &self.ledger,
            guards: &self.guards,
            allowances: &[],
            commands: &self.commands,
            reading: &self.reading,
            quarantine: Quarantine::None,
        };
        PlanInput { now: self.now, settings: &self.plan, desired, directory, inventory, access, past }
    }

    /// Makes a plan.
    pub(crate) fn plan(input: &PlanInput<'_>) -> Plan {
        plan(input)
    }

    /// Verifies a plan.
    pub(crate) fn check(plan: Plan, input: &PlanInput<'_>) -> CheckedPlan {
        check(plan, input).unwrap_or_else(|violations| panic!("{}", violations[0]))
    }

    /// The workspace after the first night, which the record knows from then on. It is made a few bookings at a time, so that making it needs little memory
    /// besides what it holds.
    pub(crate) fn converged(&mut self, size: Size, bookings: &[Booking]) -> Inventory {
        let empty = workspace(size);
        let mut converged = empty.clone();
        let mut known = BTreeMap::new();
        for some in bookings.chunks(1_000) {
            let file = self.write("some.csv", some, Edition::First);
            let (read, inventory) = (self.read(&file), &empty);
            let directory = Directory::of(inventory);
            let access = self.access(&directory, inventory);
            let desired = self.map(read.reservations, &directory, &access);
            let input = self.input(&directory, &desired, inventory, &access);
            let plan = Self::plan(&input);
            carry_out(&plan, &mut converged, self.now);
            known.extend(plan.items.into_iter().filter_map(|item| Some((item.key, item.wanted?))));
        }
        fs::remove_file(self.folder.join("some.csv")).expect("it was written above");
        self.ledger.desired = known;
        converged.grants.shrink_to_fit();
        converged.identities.shrink_to_fit();
        converged
    }
}
