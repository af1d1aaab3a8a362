//! What the tests of the mapping have in common.

use jiff::civil::time;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::model::{Guest, MethodSet, Moment, Place, Property, SourcePlace, Standing, Stay};

/// The row of a guest without a name, who is expected for one night in May and has no unit.
pub(crate) fn stay() -> Stay {
    let moment = |text: &str| Moment::of(text.parse::<Timestamp>().expect("an instant"), &TimeZone::UTC);
    Stay {
        stay_id: None,
        share_key: None,
        guest: Guest { key: None, full_name: "".into(), email: None, phone: None, is_primary: false },
        place: Place::Unassigned,
        check_in: moment("2026-05-01T15:00:00Z"),
        check_out: moment("2026-05-02T11:00:00Z"),
        standing: Standing::Expected,
        methods: MethodSet::default(),
        code: None,
        opted_out: false,
        updated_at: None,
        booked_at: None,
        source: SourcePlace { container: "a.csv".into(), row: 2 },
    }
}

/// A house from 15:00 to 11:00 by the clock of UTC, without buffers.
pub(crate) fn property() -> Property {
    Property {
        time_zone: TimeZone::UTC,
        country: None,
        check_in: time(15, 0, 0, 0),
        check_out: time(11, 0, 0, 0),
        early_access: SignedDuration::ZERO,
        late_exit: SignedDuration::ZERO,
    }
}

/// The guest of a row, by key, name and e-mail address; blank where the row has none.
pub(crate) fn guest(key: &str, full_name: &str, email: &str) -> Guest {
    Guest {
        key: (!key.is_empty()).then(|| key.into()),
        full_name: full_name.into(),
        email: (!email.is_empty()).then(|| email.into()),
        phone: None,
        is_primary: false,
    }
}
