//! The configuration: from what the user wrote to what the gateway runs with.
//!
//! ```text
//! text + environment --node, shape::overlay--> tree --raw--> RawConfig --validate--> Config
//! ```
//!
//! `raw` holds exactly what the user wrote, every key optional; `validate` reads the files that it
//! names and finds all mistakes at once, each with its key path and what to do. Nothing is read
//! from the process: environment, files and folder are arguments.
//!
//! [`Startup`] is what listeners and limits are made of and stays; [`Live`] is what a reload may
//! replace as a whole.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use ipnet::IpNet;

mod bucket_policies;
pub mod docs;
pub mod error;
mod files;
pub mod filled;
mod fingerprint;
mod glob;
mod http_url;
mod ignored;
mod limits;
mod listen;
mod node;
mod pem;
mod presets;
mod providers;
mod raw;
mod revoked;
mod rules;
mod samples;
mod secret;
mod shape;
mod stores;
mod units;
mod users;
mod validate;

pub use bucket_policies::BucketPolicies;
pub use error::{ConfigErrors, Finding, Findings, Origin, Place};
pub use files::{Disk, Files, MemoryFiles};
pub use fingerprint::Fingerprint;
pub use glob::Glob;
pub use http_url::{HttpUrl, Scheme};
pub use ignored::IgnoredHeader;
pub use limits::Limits;
pub use listen::{AdminAddress, AdminGuard, AdminListen, Listen, Log, LogFormat, Reload};
pub use pem::{CaBundle, TlsFiles};
pub use providers::{KeySource, Provider};
pub use revoked::{Revocation, Revocations, Whom};
pub use secret::SecretText;
pub use stores::{
    Addressing, Authorization, BucketPattern, Capabilities, Credential, Endpoint, OWNER_HEADERS,
    RouteError, Store, Stores,
};
pub use units::ByteSize;
pub use users::User;

use files::Sources;
use fingerprint::Noting;
use shape::Raw as _;

/// The largest configuration file: hundreds of stores and users fit.
const MAX_CONFIG_BYTES: usize = 4 * 1024 * 1024;

/// A configuration without a mistake.
#[derive(Clone, Debug)]
pub struct Config {
    /// What listeners and logs are made of.
    pub startup: Startup,
    /// What decides on requests: replaced as a whole by a reload.
    pub live: Live,
    /// What is allowed and should be seen by the operator, at each start and reload.
    pub warnings: Vec<Finding>,
}

/// The part that listeners are made of. Of it, limits and certificates follow a reload; the rest holds
/// from start to end.
#[derive(Clone, Debug)]
pub struct Startup {
    /// Where the gateway listens.
    pub listen: Listen,
    /// The certificate of its listeners; None: plain HTTP.
    pub tls: Option<TlsFiles>,
    /// Every timeout and size.
    pub limits: Limits,
    /// What is logged, and how.
    pub log: Log,
    /// When the configuration is read again.
    pub reload: Reload,
}

/// The part that decides on requests.
#[derive(Clone, Debug)]
pub struct Live {
    /// The account that everything here belongs to.
    pub account_id: policy::AccountId,
    /// The host names that clients reach S3 by.
    pub domains: s3::Domains,
    /// Networks whose forwarding headers are believed. None: not set, and no policy uses
    /// `aws:SourceIp`, `aws:SecureTransport` or `s3:TlsVersion`.
    pub trusted_proxies: Option<Vec<IpNet>>,
    /// What session tokens are sealed with.
    pub keys: sts::token::KeyRing,
    /// The stores.
    pub stores: Stores,
    /// The identity providers, in the order of the configuration; no two with one issuer.
    pub providers: Vec<Provider>,
    /// The roles by their ARN.
    pub roles: BTreeMap<String, Arc<sts::role::Role>>,
    /// Managed policies by their ARN.
    pub managed_policies: BTreeMap<String, Arc<policy::Policy>>,
    /// Who is cut off.
    pub revoked: Revocations,
    /// The bucket policies that the gateway holds.
    pub bucket_policies: BucketPolicies,
    /// What ListBuckets shows to those who may call it.
    pub list_buckets: ListBuckets,
    /// The ways to sign that are taken beside those that always are.
    pub accept: sigv4::Accept,
    /// Query names that are taken out of presigned URLs before anything looks at them.
    pub removable_query: Vec<String>,
    /// The service accounts; no two with one access key.
    pub users: Vec<User>,
    /// Unknown `x-amz-*` request headers that are dropped instead of refused.
    pub harmless_headers: Vec<http::HeaderName>,
}

/// What ListBuckets shows to those who may call it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListBuckets {
    /// The buckets that they may list something in.
    Visible,
    /// Everything, as AWS does.
    All,
}

/// Whether public sample keys and providers are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Samples {
    /// As in production: whoever reads our repository or AWS's documentation knows them.
    Refuse,
    /// In the demo and in tests.
    Accept,
}

/// Reads a configuration.
///
/// `text` is YAML; `environment` is laid over it (`FAKES3PP__LISTEN__S3` is `listen.s3`) and may
/// hold secrets that it refers to; relative paths start at `base`.
///
/// # Errors
/// All mistakes at once, each with its key path and what to do about it.
pub fn load(
    text: &str,
    environment: &BTreeMap<String, String>,
    base: &Path,
    files: &dyn Files,
) -> Result<Config, ConfigErrors> {
    load_with(text, environment, base, files, Samples::Refuse)
}

/// The same, for the demo and tests too.
///
/// # Errors
/// As [`load`].
pub fn load_with(
    text: &str,
    environment: &BTreeMap<String, String>,
    base: &Path,
    files: &dyn Files,
    samples: Samples,
) -> Result<Config, ConfigErrors> {
    let mut findings = Findings::default();
    let raw = parse(text, environment, &mut findings)?;
    let sources = Sources { environment, base, files };
    validate::validate(&raw, sources, samples, findings)
}

/// Reads a configuration file of the disk; relative paths start at its folder.
///
/// # Errors
/// As [`load`], or why the file cannot be read.
pub fn load_file(
    path: &Path,
    environment: &BTreeMap<String, String>,
) -> Result<Config, ConfigErrors> {
    load_file_watched(path, environment).0
}

/// The same, and what was looked at on the way, whether or not it loads.
pub fn load_file_watched(
    path: &Path,
    environment: &BTreeMap<String, String>,
) -> (Result<Config, ConfigErrors>, Fingerprint) {
    let files = Noting::default();
    let config = load_file_from(path, environment, &files);
    (config, files.into_fingerprint())
}

fn load_file_from(
    path: &Path,
    environment: &BTreeMap<String, String>,
    disk: &dyn Files,
) -> Result<Config, ConfigErrors> {
    let place = Place::absent(path.display().to_string());
    let base = path.parent().unwrap_or(Path::new(""));
    let problem = match disk.read(path, MAX_CONFIG_BYTES) {
        Ok(bytes) => match String::from_utf8(bytes) {
            Ok(text) => return load(&text, environment, base, disk),
            Err(_) => "is not text in UTF-8".to_owned(),
        },
        Err(error) => files::why(path, &error, MAX_CONFIG_BYTES),
    };
    Err(ConfigErrors::one(place, problem))
}

/// What the user wrote, as far as it can be read. Text that is no YAML says nothing about keys:
/// that is the only mistake then.
fn parse(
    text: &str,
    environment: &BTreeMap<String, String>,
    findings: &mut Findings,
) -> Result<raw::RawConfig, ConfigErrors> {
    let mut tree = node::Node::parse(text, None).map_err(|(origin, message)| {
        ConfigErrors::one(Place { path: String::new(), origin }, message)
    })?;
    tree.report_duplicates("", findings);
    shape::overlay::overlay(&mut tree, raw::RawConfig::SHAPE, environment, findings);
    Ok(raw::RawConfig::read(&tree, "", findings).unwrap_or_default())
}

#[cfg(test)]
mod tests;
