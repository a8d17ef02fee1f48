//! `fakes3pp probe`: what a store does and does not do, found out against a bucket of it.
//!
//! Each question is a request, or a few, whose right answer is known. What is asked is what the keys of a
//! store in the configuration say (`key_rules`, `ignored_headers`, `capabilities`), so that the answer can be pasted
//! there.

mod conditions;
mod cut;
mod keys;
mod owner;
mod questions;
mod talk;
mod whole;

use std::fmt;

use http::Method;
use sigv4::Payload;

use crate::config::{Config, IgnoredHeader, Store};
use crate::entropy;
use crate::snapshot::{Snapshot, StoreRequestError};
use crate::upstream::client::UpstreamError;
use talk::{Ask, Talk};

/// Why a store could not be asked.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    /// The configuration has no store of that name.
    #[error("the configuration has no store `{0}`; it has {1}")]
    NoStore(String, String),
    /// The store has no credential of that name, or none at all.
    #[error("the store has no credential {0}; name one with --credential: {1}")]
    NoCredential(String, String),
    /// What was given is no name of a bucket.
    #[error("`{0}` is no name of a bucket")]
    Bucket(String),
    /// Deleted objects would stay as versions.
    #[error(
        "the bucket `{0}` keeps versions, so that nothing made in it could be deleted: give another"
    )]
    Versioned(String),
    /// No TLS, no random bytes, or a request that cannot be made.
    #[error("no request can be made")]
    Request,
    /// A request cannot be signed.
    #[error("{0}")]
    Sign(#[from] StoreRequestError),
    /// The store cannot be reached.
    #[error("{0}")]
    Upstream(#[from] UpstreamError),
    /// A connection broke.
    #[error("the connection broke: {0}")]
    Connection(std::io::Error),
    /// An answer cannot be read.
    #[error("the answer cannot be read: {0}")]
    Answer(String),
    /// What everything else needs does not work.
    #[error("{what}: the store says {says}")]
    Refused {
        /// What was tried.
        what: &'static str,
        /// Status and code.
        says: String,
    },
}

/// Where to ask.
#[derive(Debug, Clone)]
pub struct Where {
    /// The store, by its name.
    pub store: String,
    /// The credential, by its name; None: the one that has no condition.
    pub credential: Option<String>,
    /// A bucket that is there already; None: one is made, and deleted afterwards.
    pub bucket: Option<String>,
}

/// What was found out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// What was asked and what the store does, for people.
    pub rows: Vec<(String, String)>,
    /// Names of `key_rules`.
    pub key_rules: Vec<&'static str>,
    /// `ignored_headers`.
    pub ignored_headers: Vec<IgnoredHeader>,
    /// What was asked about and is not ignored.
    settled: Vec<IgnoredHeader>,
    /// `capabilities`.
    pub capabilities: Vec<(&'static str, bool)>,
    /// What is left in the bucket because it could not be deleted.
    pub left: Vec<String>,
}

impl Report {
    fn row(&mut self, what: impl Into<String>, says: impl Into<String>) {
        self.rows.push((what.into(), says.into()));
    }

    /// What is not asked about, and the configuration or its preset has, stays.
    fn keep_configured(&mut self, store: &Store) {
        for configured in &store.ignored_headers {
            let settled = self.settled.iter().chain(&self.ignored_headers);
            if !settled.into_iter().any(|known| known == configured) {
                self.ignored_headers.push(configured.clone());
            }
        }
    }

    /// What the store makes of a header, where that was found out.
    fn settle(&mut self, header: IgnoredHeader, ignored: bool) {
        let list = if ignored { &mut self.ignored_headers } else { &mut self.settled };
        list.push(header);
    }

    fn capability(&mut self, name: &'static str, has: bool, says: impl Into<String>) {
        self.capabilities.push((name, has));
        self.row(name, says);
    }
}

impl fmt::Display for Report {
    /// The table, and below it what to write into the configuration.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.rows.iter().map(|(what, _)| what.len()).max().unwrap_or(0);
        for (what, says) in &self.rows {
            writeln!(f, "{what:width$}  {says}")?;
        }
        writeln!(
            f,
            "\n    # what `fakes3pp probe` found out; the headers that it does not ask about as before"
        )?;
        writeln!(f, "    key_rules: [{}]", self.key_rules.join(", "))?;
        writeln!(
            f,
            "    ignored_headers:{}",
            if self.ignored_headers.is_empty() { " []" } else { "" }
        )?;
        for header in &self.ignored_headers {
            writeln!(f, "      - {header}")?;
        }
        writeln!(f, "    capabilities:")?;
        for (name, has) in &self.capabilities {
            writeln!(f, "      {name}: {has}")?;
        }
        for left in &self.left {
            writeln!(f, "\nleft behind: {left}")?;
        }
        Ok(())
    }
}

/// Asks a store of the configuration.
///
/// # Errors
/// [`ProbeError`], when the store cannot be asked at all.
pub async fn probe(config: Config, at: &Where) -> Result<Report, ProbeError> {
    let names: Vec<String> =
        config.live.stores.all().iter().map(|store| format!("`{}`", store.name)).collect();
    let limits = config.startup.limits.clone();
    let snapshot = Snapshot::at_rest(config.live, &limits).map_err(|_| ProbeError::Request)?;
    let all = snapshot.live.stores.all();
    let store = all
        .iter()
        .find(|store| store.name == at.store)
        .ok_or_else(|| ProbeError::NoStore(at.store.clone(), names.join(", ")))?;
    let credential = credential(store, at.credential.as_deref())?;
    let handle = snapshot.store(store).ok_or(ProbeError::Request)?;
    let signer = handle.signer(credential).ok_or(ProbeError::Request)?;
    let random = entropy::bytes::<5>().map_err(|_| ProbeError::Request)?;
    let made = at.bucket.is_none();
    let bucket =
        at.bucket.clone().unwrap_or_else(|| format!("fakes3pp-probe-{}", hex::encode(random)));
    s3::Bucket::parse(&bucket).map_err(|_| ProbeError::Bucket(bucket.clone()))?;
    let talk = Talk { store, handle, signer, bucket };
    if made {
        let answer = talk.ask(bucket_ask(Method::PUT, store)).await?;
        if !answer.is_success() {
            let what = "making a bucket (with --bucket one that is there is used)";
            return Err(ProbeError::Refused { what, says: answer.shown() });
        }
    }
    if !made {
        let ask = Ask { query: "versioning=", ..bucket_ask(Method::GET, store) };
        if talk.ask(ask).await?.element("Status").is_some() {
            return Err(ProbeError::Versioned(talk.bucket));
        }
    }
    let prefix = format!("fakes3pp-probe-{}", hex::encode(random));
    let mut asking = questions::Asking::new(&talk, prefix);
    let asked = asking.all().await;
    let mut report = asking.clean_up().await;
    if made {
        let answer = talk.ask(bucket_ask(Method::DELETE, store)).await;
        if !answer.is_ok_and(|answer| answer.is_success()) {
            report.left.push(format!("the bucket `{}`", talk.bucket));
        }
    }
    report.keep_configured(store);
    match asked {
        Ok(()) => Ok(report),
        Err(error) if report.rows.is_empty() && report.left.is_empty() => Err(error),
        // What was found out, and what was left behind, is worth knowing all the same.
        Err(error) => {
            report.row("NOT FINISHED", error.to_string());
            Ok(report)
        }
    }
}

fn bucket_ask(method: Method, store: &Store) -> Ask<'static> {
    Ask {
        method,
        key: "",
        query: "",
        headers: &[],
        payload: Payload::Hash(sigv4::EMPTY_SHA256),
        body: bytes::Bytes::new(),
        addressing: store.addressing,
    }
}

fn credential<'s>(
    store: &'s Store,
    name: Option<&str>,
) -> Result<&'s crate::config::Credential, ProbeError> {
    let found = match name {
        Some(name) => store.credentials.iter().find(|one| one.name == name),
        None => store.credentials.iter().find(|one| one.when.is_none()),
    };
    found.ok_or_else(|| {
        let names: Vec<String> =
            store.credentials.iter().map(|one| format!("`{}`", one.name)).collect();
        let wanted = name.map_or("without a condition".to_owned(), |name| format!("`{name}`"));
        ProbeError::NoCredential(wanted, names.join(", "))
    })
}
