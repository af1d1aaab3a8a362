//! What `init` finds out about a source: it looks at its columns, and then reads it as a run would, with the settings that
//! its own draft gives.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;

use crate::config::{
    ADDRESS_VARIABLE, Colour, Draft, DraftInput, DraftOrder, DraftStatus, Environment, Profile, Query,
    Settings, known_headers, load_text, merged, propose,
};
use crate::exit_code::ExitCode;
use crate::mapping::spaces_of_stay;
use crate::model::{Place, ProblemCode, Reservation, SourceRead, SpaceKey};
use crate::run::Failure;
use crate::source::{
    self, ColumnMap, DateOrder, Field, FileFormat, Inspection, SourceError, SourceInput, SourceSettings,
    query_fits,
};

/// Older than this is no export of last night.
const NIGHTLY: Duration = Duration::from_hours(26);

/// A column with more distinct values than this is no list of properties.
const MAX_PROPERTIES: usize = 30;

/// Looks at one source.
pub(super) struct Survey<'a> {
    /// The configuration that is to be written.
    pub(super) config: &'a Path,
    pub(super) namespace: String,
    pub(super) now: Timestamp,
    /// What a person has written of it already; it goes before what is found.
    pub(super) written: Option<String>,
}

/// What was found.
pub(super) struct Surveyed {
    pub(super) draft: Draft,
    /// The query that belongs beside it.
    pub(super) query: Option<Query>,
    /// The spaces that its units lead to by the rule of the draft.
    pub(super) spaces: BTreeSet<SpaceKey>,
}

impl Surveyed {
    /// The configuration: what a person wrote, and what was found beside it.
    pub(super) fn text(&self, survey: &Survey<'_>) -> String {
        survey.text(&self.draft)
    }
}

impl Survey<'_> {
    /// A file, whatever its name says that it is.
    pub(super) async fn file(&self, from: &Path) -> Result<Surveyed, Failure> {
        let unreadable =
            |source| Failure::from(SourceError::Unreadable { location: from.display().to_string(), source });
        let format = source::format_of(from).map_err(unreadable)?;
        let written = fs::metadata(from).and_then(|metadata| metadata.modified()).map_err(unreadable)?;
        let age = Timestamp::try_from(written).map(|written| written.duration_until(self.now));
        let path = self.path_in_config(from)?;
        let input = match format {
            FileFormat::Csv => DraftInput::Csv(path),
            FileFormat::Excel { .. } => DraftInput::Excel { path, sheet: None },
        };
        let mut draft = self.empty_draft(input);
        draft.is_old = age.is_ok_and(|age| Duration::try_from(age).is_ok_and(|age| age > NIGHTLY));
        let given = SourceInput::File { folder: PathBuf::new(), path: from.display().to_string() };
        let unaware = SourceSettings {
            input: given.clone(),
            format,
            columns: known_headers(),
            max_age: None,
            ..self.settings(&draft, &Environment::default())?
        };
        let inspection = source::inspect(&unaware, self.now).await?;
        draft.header = inspection.header();
        if let DraftInput::Excel { sheet, .. } = &mut draft.input {
            sheet.clone_from(&inspection.sheet);
        }
        if ColumnMap::default().fit(&draft.header).is_none() {
            draft.profile = Profile::recognised(&draft.header);
        }
        draft.proposals = propose(&inspection);
        if let Some(written) = &self.written {
            draft.keep(written);
        }
        let first = self.settings(&draft, &Environment::default())?;
        look_at_values(&mut draft, &first, &inspection);
        let mut spaces = BTreeSet::new();
        if draft.is_readable() {
            spaces = self.look_at_rows(&mut draft, &given).await?;
        }
        Ok(Surveyed { draft, query: None, spaces })
    }

    /// A database: which of the known queries it takes.
    pub(super) async fn database(&self, url: &str) -> Result<Surveyed, Failure> {
        // The path of a file is no secret; the address of a server may hold a password.
        let file = (url.starts_with("sqlite:")).then(|| url.to_owned());
        let draft_of = |query: Query| {
            self.empty_draft(DraftInput::Sql { file: file.clone(), query: format!("{}.sql", query.name) })
        };
        let environment = Environment::from([(ADDRESS_VARIABLE, url)]);
        let settings = self.settings(&draft_of(Query::BEGINNING), &environment)?;
        let SourceInput::Database(input) = &settings.input else {
            unreachable!("the draft names a database")
        };
        for query in Query::ALL {
            if query_fits(&input.address, query.text).await? {
                let mut draft = draft_of(query);
                // What its rows hold is evidence for proposals; without it the query is written all the same.
                match source::inspect_query(input, Some(query.text)).await {
                    Ok(inspection) => look_at_values(&mut draft, &settings, &inspection),
                    Err(error) => {
                        draft.notices.push(format!("the words of the status could not be read: {error}"));
                    }
                }
                return Ok(Surveyed { draft, query: Some(query), spaces: BTreeSet::new() });
            }
        }
        let (draft, query) = (draft_of(Query::BEGINNING), Some(Query::BEGINNING));
        Ok(Surveyed { draft, query, spaces: BTreeSet::new() })
    }

    /// The query that a configuration names already.
    pub(super) async fn query(&self, query: &str) -> Result<Surveyed, Failure> {
        let mut draft = self.empty_draft(DraftInput::Sql { file: None, query: query.to_owned() });
        let environment = Environment::from_process();
        let SourceInput::Database(input) = self.settings(&draft, &environment)?.input else {
            return Err(Failure {
                exit_code: ExitCode::Configuration,
                message: format!("`{}` names a query and no database", self.config.display()),
                hint: "write kind = \"sql\" and `url` in [source]".to_owned(),
            });
        };
        let inspection = source::inspect_query(&input, None).await?;
        draft.header = inspection.header();
        draft.proposals = propose(&inspection);
        if let Some(written) = &self.written {
            draft.keep(written);
        }
        let settings = self.settings(&draft, &environment)?;
        look_at_values(&mut draft, &settings, &inspection);
        Ok(Surveyed { draft, query: None, spaces: BTreeSet::new() })
    }

    fn empty_draft(&self, input: DraftInput) -> Draft {
        Draft {
            namespace: self.namespace.clone(),
            input,
            header: Vec::new(),
            profile: None,
            proposals: Vec::new(),
            is_old: false,
            date_order: DraftOrder::Clear,
            notices: Vec::new(),
            statuses: [].into(),
            units: Vec::new(),
            properties: Vec::new(),
            given: BTreeSet::new(),
            time_zone: None,
            seed: None,
        }
    }

    /// What the rows say, once it is known which columns they have; gives the spaces that their units lead to.
    async fn look_at_rows(
        &self,
        draft: &mut Draft,
        given: &SourceInput,
    ) -> Result<BTreeSet<SpaceKey>, Failure> {
        let all = self.all_settings(draft, &Environment::default())?;
        let mut settings = SourceSettings { input: given.clone(), max_age: None, ..all.source };
        // First the order of the dates: a row whose dates cannot be read tells nothing else either.
        if settings.date_order == DateOrder::YearMonthDay {
            draft.date_order = self.date_order(&settings).await?;
            if let DraftOrder::Probable(order) = draft.date_order {
                settings.date_order = order;
            }
        }
        let read = source::read(&settings, self.now).await?;
        let units = units(&read);
        if !units.is_empty() {
            draft.units = units;
        }
        let notices = read.warnings.iter().filter(|warning| warning.code == ProblemCode::Notice);
        draft.notices = notices.map(|warning| warning.message.clone()).collect();
        let rule = &all.mapping.units;
        let of_reservation = |reservation: &Reservation| -> BTreeSet<SpaceKey> {
            let property = &reservation.id.property;
            let stays = reservation.stays.iter();
            stays.filter_map(|stay| spaces_of_stay(stay, property, rule)).flatten().collect()
        };
        Ok(read.reservations.iter().flat_map(of_reservation).collect())
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

    fn settings(&self, draft: &Draft, environment: &Environment) -> Result<SourceSettings, Failure> {
        self.all_settings(draft, environment).map(|settings| settings.source)
    }

    /// The configuration as the draft describes it; in which zone it is decides nothing here.
    fn all_settings(&self, draft: &Draft, environment: &Environment) -> Result<Settings, Failure> {
        let draft = Draft { time_zone: Some("UTC".to_owned()), ..draft.clone() };
        load_text(&self.text(&draft), self.config, environment).map_err(|error| Failure {
            exit_code: ExitCode::Configuration,
            message: error.render(Colour::Never),
            hint: String::new(),
        })
    }

    fn text(&self, draft: &Draft) -> String {
        match &self.written {
            Some(written) => merged(written, &draft.text()),
            None => draft.text(),
        }
    }

    /// A path that starts from the folder of the configuration, where it leads there; else an absolute one.
    pub(super) fn path_in_config(&self, from: &Path) -> Result<String, Failure> {
        let absolute = |path: &Path| {
            std::path::absolute(path)
                .map_err(|error| Failure::new(ExitCode::Unexpected, &error, "check the working directory"))
        };
        let (config, file) = (absolute(self.config)?, absolute(from)?);
        let inside = config.parent().and_then(|folder| file.strip_prefix(folder).ok());
        Ok(inside.unwrap_or(&file).display().to_string())
    }
}

/// What the values of single columns say, also in rows that cannot be used.
fn look_at_values(draft: &mut Draft, settings: &SourceSettings, inspection: &Inspection) {
    let column = |field| inspection.column_of(field, &settings.columns);
    for (word, n_rows) in column(Field::Status).iter().flat_map(|column| &column.values) {
        let is_known = settings.statuses.standing(word).is_some();
        draft.statuses.insert(word.clone(), DraftStatus { n_rows: *n_rows, is_known });
    }
    if let Some(units) = column(Field::Unit) {
        draft.units = units.values.keys().cloned().collect();
    }
    if let Some(properties) = column(Field::Property) {
        let n_properties = properties.values.len();
        if (2..=MAX_PROPERTIES).contains(&n_properties) {
            draft.properties = properties.values.keys().cloned().collect();
        }
    }
    let dates = [Field::CheckIn, Field::CheckOut, Field::LastNight, Field::BookedAt, Field::UpdatedAt];
    let orders: BTreeSet<DateOrder> =
        dates.into_iter().filter_map(|field| column(field)?.proven_order()).collect();
    // Columns of two orders are read each by its own.
    if settings.date_order == DateOrder::YearMonthDay
        && orders.len() == 1
        && let Some(order) = orders.into_iter().next()
    {
        draft.date_order = DraftOrder::Proven(order);
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
    units.into_iter().collect()
}
