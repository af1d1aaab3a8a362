//! What opens a door: a code, a card or a key as Seam issued it.

use jiff::Timestamp;
use secrecy::SecretString;

/// One access method with what is secret about it. It is never logged, recorded or part of a report.
#[derive(Debug, Clone)]
pub struct IssuedMethod {
    /// The word that Seam uses: `code`, `card`, `mobile_key`, `cloud_key`, or one that this program does not know.
    pub mode: String,
    /// The PIN.
    pub code: Option<SecretString>,
    /// The link to a key in a telephone.
    pub instant_key_url: Option<SecretString>,
    /// When it was issued; `None` where it is not yet.
    pub issued_at: Option<Timestamp>,
}
