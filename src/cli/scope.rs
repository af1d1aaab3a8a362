//! The flags that limit a plan or a run to some reservations.

use clap::Args;
use jiff::civil::Date;

use crate::exit_code::ExitCode;
use crate::mapping::{Scope, Wave};
use crate::model::{PropertyCode, ReservationKey};
use crate::run::Failure;

/// Which reservations; all of them where nothing is said.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Scope: everything else keeps what it has, and is never told to be gone")]
pub(super) struct ScopeFlags {
    /// Only this property; may be given several times.
    #[arg(long, value_name = "CODE", env = "RESERVATION_SYNC_PROPERTY", value_delimiter = ',')]
    property: Vec<PropertyCode>,
    /// Only this reservation, as KEY or PROPERTY/KEY; may be given several times.
    #[arg(long, value_name = "KEY", env = "RESERVATION_SYNC_KEY", value_delimiter = ',')]
    key: Vec<ReservationKey>,
    /// Not this reservation, as KEY or PROPERTY/KEY; may be given several times.
    #[arg(long, value_name = "KEY", env = "RESERVATION_SYNC_EXCLUDE", value_delimiter = ',')]
    exclude: Vec<ReservationKey>,
    /// Only reservations that arrive on this day or later.
    #[arg(long, value_name = "DATE", env = "RESERVATION_SYNC_FROM")]
    from: Option<Date>,
    /// Only reservations that arrive on this day or earlier.
    #[arg(long, value_name = "DATE", env = "RESERVATION_SYNC_TO")]
    to: Option<Date>,
    /// Only a share of the reservations, always the same ones: 20% holds all of 10%.
    #[arg(long, value_name = "PERCENT", env = "RESERVATION_SYNC_WAVE")]
    wave: Option<Wave>,
}

impl ScopeFlags {
    /// The scope they describe.
    pub(super) fn to_scope(&self) -> Result<Scope, Failure> {
        let Self { property, key, exclude, from, to, wave } = self;
        if let (Some(from), Some(to)) = (from, to)
            && from > to
        {
            return Err(Failure {
                exit_code: ExitCode::Usage,
                message: format!("--from {from} is later than --to {to}: no reservation can arrive then"),
                hint: "exchange the two days".to_owned(),
            });
        }
        Ok(Scope {
            properties: property.iter().cloned().collect(),
            keys: key.iter().cloned().collect(),
            excluded: exclude.iter().cloned().collect(),
            from: *from,
            to: *to,
            wave: *wave,
        })
    }
}
