//! Access methods with their codes and links: read for `export --with-secrets`, and for nothing else.

use jiff::Timestamp;
use secrecy::SecretString;
use serde::Deserialize;

use super::lenient::lenient;
use crate::model::IssuedMethod;

/// An entry of `/access_methods/list`.
#[derive(Debug, Deserialize)]
pub(in crate::seam) struct WireMethod {
    #[serde(default, deserialize_with = "lenient")]
    mode: String,
    #[serde(default, deserialize_with = "lenient")]
    code: Option<SecretString>,
    #[serde(default, deserialize_with = "lenient")]
    instant_key_url: Option<SecretString>,
    #[serde(default, deserialize_with = "lenient")]
    issued_at: Option<Timestamp>,
}

impl From<WireMethod> for IssuedMethod {
    fn from(wire: WireMethod) -> Self {
        let WireMethod { mode, code, instant_key_url, issued_at } = wire;
        Self { mode, code, instant_key_url, issued_at }
    }
}
