//! What `init` finds out about a source: it reads it as a run would, with the settings that its own draft gives.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;

use crate::config::{
    ADDRESS_VARIABLE, Colour, Draft, DraftInput, DraftOrder, Environment, Profile, Query, load_text,
};
use crate::exit_code::ExitCode;
use crate::model::{Place, ProblemCode, SourceRead};
use crate::run::Failure;
use crate::source::{
    self, DateOrder, FileFormat, SourceError, SourceInput, SourceSettings, StatusMap, query_fits,
};

/// How many units are shown as examples.
const N_UNITS: usize = 8;

/// Older than this is no export of last night.
const NIGHTLY: Duration = Duration::from_hours(26);

/// Looks at one source.
pub(super) struct Survey<'a> {
    /// The configuration that is to be written.
    pub(super) config: &'a Path,
    pub(super) namespace: String,
    pub(super) now: Timestamp,
    pub(super) time_zone: Option<String>,
}

/// What was found.
pub(super) struct Found {
    pub(super) draft: Draft,
    /// The query that belongs beside it.
    pub(super) query: Option<Query>,
}

impl Survey<'_> {
    /// A file, whatever its name says that it is.
    pub(super) async fn file(&self, from: &Path) -> Result<Found, Failure> {
        let unreadable =
            |source| Failure::from(SourceError::Unreadable { location: from.display().to_string(), source });
        let format = source::format_of(from).map_err(unreadable)?;
        let written = fs::metadata(from).and_then(|metadata| metadata.modified()).map_err(unreadable)?;
        let age = Timestamp::try_from(written).map(|written| written.duration_until(self.now));
        let path = self.path_in_config(from)?;
        let input = if format == FileFormat::Csv { DraftInput::Csv(path) } else { DraftInput::Excel(path) };
        let mut draft = self.empty_draft(input);
        draft.is_old = age.is_ok_and(|age| Duration::try_from(age).is_ok_and(|age| age > NIGHTLY));
        let given = SourceInput::File { folder: PathBuf::new(), path: from.display().to_string() };
        let settings = |draft: &Draft| -> Result<SourceSettings, Failure> {
            let settings = self.settings(draft, &Environment::default())?;
            Ok(SourceSettings { input: given.clone(), max_age: None, ..settings })
        };
        match source::read(&settings(&draft)?, self.now).await {
            Ok(_) => {}
            Err(SourceError::Header { seen, .. }) => {
                draft.profile = Profile::recognised(&seen);
                draft.header = seen;
            }
            Err(error) => return Err(error.into()),
        }
        if draft.missing().is_empty() {
            let settings = settings(&draft)?;
            self.look_at_rows(&mut draft, &settings).await?;
        }
        Ok(Found { draft, query: None })
    }

    /// A database: which of the known queries it takes.
    pub(super) async fn database(&self, url: &str) -> Result<Found, Failure> {
        // The path of a file is no secret; the address of a server may hold a password.
        let file = (url.starts_with("sqlite:")).then(|| url.to_owned());
        let draft_of = |query: Query| {
            self.empty_draft(DraftInput::Sql { file: file.clone(), query: format!("{}.sql", query.name) })
        };
        let environment = Environment::from([(ADDRESS_VARIABLE, url)]);
        let settings = self.settings(&draft_of(Query::BEGINNING), &environment)?;
        let SourceInput::Database(input) = settings.input else { unreachable!("the draft names a database") };
        for query in Query::ALL {
            if query_fits(&input.address, query.text).await? {
                return Ok(Found { draft: draft_of(query), query: Some(query) });
            }
        }
        Ok(Found { draft: draft_of(Query::BEGINNING), query: Some(Query::BEGINNING) })
    }

    fn empty_draft(&self, input: DraftInput) -> Draft {
        Draft {
            namespace: self.namespace.clone(),
            input,
            header: Vec::new(),
            profile: None,
            is_old: false,
            date_order: DraftOrder::Clear,
            notices: Vec::new(),
            statuses: [].into(),
            units: Vec::new(),
            time_zone: self.time_zone.clone(),
        }
    }

    /// What the rows say, once it is known which columns they have.
    async fn look_at_rows(&self, draft: &mut Draft, settings: &SourceSettings) -> Result<(), Failure> {
        // First the order of the dates: a row whose dates cannot be read tells nothing else either.
        let mut settings = settings.clone();
        if settings.date_order == DateOrder::YearMonthDay {
            draft.date_order = self.date_order(&settings).await?;
            if let DraftOrder::Probable(order) = draft.date_order {
                settings.date_order = order;
            }
        }
        let read = source::read(&settings, self.now).await?;
        draft.statuses.clone_from(&read.unknown_statuses);
        draft.units = units(&read);
        let notices = read.warnings.iter().filter(|warning| warning.code == ProblemCode::Notice);
        draft.notices = notices.map(|warning| warning.message.clone()).collect();
        if draft.profile.is_none() && !draft.statuses.is_empty() {
            // With one status of one's own, those of the program count no longer: so all of them have to be said.
            let none_known = SourceSettings { statuses: StatusMap::empty(), ..settings };
            draft.statuses = source::read(&none_known, self.now).await?.unknown_statuses;
        }
        Ok(())
    }

    /// Whether rows are rejected only because nothing says in which order their dates are written.
    async fn date_order(&self, settings: &SourceSettings) -> Result<DraftOrder, Failure> {
        let n_rejected = source::read(settings, self.now).await?.rejects.len();
        if n_rejected == 0 {
            return Ok(DraftOrder::Clear);
        }
        let mut rejected = [0; 2];
        for (count, date_order) in rejected.iter_mut().zip([DateOrder::DayMonthYear, DateOrder::MonthDayYear])
        {
            let settings = SourceSettings { date_order, ..settings.clone() };
            *count = source::read(&settings, self.now).await?.rejects.len();
        }
        let [day_first, month_first] = rejected;
        if day_first.min(month_first) >= n_rejected {
            return Ok(DraftOrder::Clear);
        }
        Ok(match day_first.cmp(&month_first) {
            Ordering::Less => DraftOrder::Probable(DateOrder::DayMonthYear),
            Ordering::Greater => DraftOrder::Probable(DateOrder::MonthDayYear),
            Ordering::Equal => DraftOrder::Unproven,
        })
    }

    /// The source as the draft describes it; in which zone it is decides nothing here.
    fn settings(&self, draft: &Draft, environment: &Environment) -> Result<SourceSettings, Failure> {
        let draft = Draft { time_zone: Some("UTC".to_owned()), ..draft.clone() };
        match load_text(&draft.text(), self.config, environment) {
            Ok(settings) => Ok(settings.source),
            Err(error) => Err(Failure {
                exit_code: ExitCode::Configuration,
                message: error.render(Colour::Never),
                hint: String::new(),
            }),
        }
    }

    /// A path that starts from the folder of the configuration, where it leads there; else an absolute one.
    fn path_in_config(&self, from: &Path) -> Result<String, Failure> {
        let absolute = |path: &Path| {
            std::path::absolute(path)
                .map_err(|error| Failure::new(ExitCode::Unexpected, &error, "check the working directory"))
        };
        let (config, file) = (absolute(self.config)?, absolute(from)?);
        let inside = config.parent().and_then(|folder| file.strip_prefix(folder).ok());
        Ok(inside.unwrap_or(&file).display().to_string())
    }
}

fn units(read: &SourceRead) -> Vec<String> {
    let stays = read.reservations.iter().flat_map(|reservation| &reservation.stays);
    let units: BTreeSet<String> = stays
        .filter_map(|stay| match &stay.place {
            Place::Units(units) => Some(units.iter().map(ToString::to_string)),
            Place::Spaces(_) | Place::Unassigned => None,
        })
        .flatten()
        .collect();
    units.into_iter().take(N_UNITS).collect()
}
