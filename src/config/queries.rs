//! The queries that are known for the databases of some products, and a beginning for all others.

/// A query, by the name of its product.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Query {
    /// The product.
    pub name: &'static str,
    /// The file with the one SELECT.
    pub text: &'static str,
}

impl Query {
    /// All of them, by name.
    pub const ALL: [Self; 5] = [
        Self { name: "hoteldruid", text: include_str!("../../config/queries/hoteldruid.sql") },
        Self { name: "librebooking", text: include_str!("../../config/queries/librebooking.sql") },
        Self { name: "minical", text: include_str!("../../config/queries/minical.sql") },
        Self { name: "oca_pms", text: include_str!("../../config/queries/oca_pms.sql") },
        Self { name: "qloapps", text: include_str!("../../config/queries/qloapps.sql") },
    ];

    /// What to begin with where no other fits.
    pub const BEGINNING: Self = Self {
        name: "bookings",
        text: "-- FILL IN: the table and the columns of your database, one row for each guest in each room.\n\
               select booking_number as reservation_key,\n\
               \x20      status         as status,\n\
               \x20      room           as unit,\n\
               \x20      arrival        as check_in,   -- cast to a date what is a day\n\
               \x20      departure      as check_out,\n\
               \x20      guest_name     as full_name\n\
               from booking\n",
    };
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    #[test]
    fn every_query_of_the_folder_is_embedded_under_its_name() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/queries");
        let mut files: Vec<String> = fs::read_dir(folder)
            .expect("the folder is there")
            .map(|entry| entry.expect("an entry").file_name().into_string().expect("a plain name"))
            .collect();
        files.sort();
        let embedded: Vec<String> = Query::ALL.iter().map(|query| format!("{}.sql", query.name)).collect();
        assert_eq!(embedded, files);
    }
}
