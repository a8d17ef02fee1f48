//! The identity providers whose tokens are taken.

use std::path::PathBuf;
use std::sync::Arc;

use sts::web_identity::ProviderRules;

use super::http_url::HttpUrl;
use super::pem::CaBundle;

/// One identity provider.
#[derive(Clone, Debug)]
pub struct Provider {
    /// The `iss` of its tokens, compared to the letter; the same as in `rules`.
    pub issuer: String,
    /// What its tokens must meet, and which claims sessions keep.
    pub rules: Arc<ProviderRules>,
    /// Where its keys come from.
    pub keys: KeySource,
    /// The CAs that its certificate may come from; None: the system's.
    pub ca: Option<CaBundle>,
    /// A file with the token to send when its documents are fetched, read again each time.
    pub bearer_token_file: Option<PathBuf>,
    /// Whether its documents may come by plain HTTP from another host. If not, that also holds
    /// for a `jwks_uri` that discovery names.
    pub allow_http: bool,
}

/// Where the keys of a provider come from.
#[derive(Clone, Debug)]
pub enum KeySource {
    /// From where its discovery document says. The `issuer` in that document must equal ours.
    Discovery(HttpUrl),
    /// From here.
    Uri(HttpUrl),
    /// From this file; nothing is fetched.
    File(PathBuf, Arc<sts::keyset::KeySet>),
}
