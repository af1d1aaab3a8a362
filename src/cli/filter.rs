//! The flags that limit a plan or a run to some reservations.

use clap::Args;
use jiff::civil::Date;

use crate::exit_code::ExitCode;
use crate::mapping::{ReservationFilter, Wave};
use crate::model::{PropertyCode, ReservationKey};
use crate::run::Failure;

/// Which reservations; all of them where nothing is said.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Filters (reservations outside them are not changed)")]
pub(super) struct FilterFlags {
    /// Only this property; may be given several times.
    #[arg(long, value_name = "CODE")]
    property: Vec<PropertyCode>,
    /// Only this reservation, as KEY or PROPERTY/KEY; may be given several times.
    #[arg(long, value_name = "KEY")]
    reservation: Vec<ReservationKey>,
    /// Not this reservation, as KEY or PROPERTY/KEY; may be given several times.
    #[arg(long, value_name = "KEY")]
    exclude: Vec<ReservationKey>,
    /// Only reservations that arrive on this day or later.
    #[arg(long, value_name = "DATE")]
    from: Option<Date>,
    /// Only reservations that arrive on this day or earlier.
    #[arg(long, value_name = "DATE")]
    to: Option<Date>,
    /// Only a share of the reservations, always the same ones: 20% holds all of 10%.
    #[arg(long, value_name = "PERCENT")]
    wave: Option<Wave>,
}

impl FilterFlags {
    /// The filter they describe.
    pub(super) fn to_filter(&self) -> Result<ReservationFilter, Failure> {
        let Self { property, reservation, exclude, from, to, wave } = self;
        if let (Some(from), Some(to)) = (from, to)
            && from > to
        {
            return Err(Failure {
                exit_code: ExitCode::Usage,
                message: format!("--from {from} is later than --to {to}: no reservation can arrive then"),
                hint: "exchange the two days".to_owned(),
            });
        }
        Ok(ReservationFilter {
            properties: property.iter().cloned().collect(),
            keys: reservation.iter().cloned().collect(),
            excluded: exclude.iter().cloned().collect(),
            from: *from,
            to: *to,
            wave: *wave,
        })
    }
}
