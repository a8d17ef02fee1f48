//! What the process has: the snapshot in force and everything that outlives it.

use std::sync::Arc;

use arc_swap::ArcSwap;
use http::HeaderMap;

use crate::audit;
use crate::config::{AdminGuard, Limits};
use crate::denial::Denials;
use crate::metrics::Metrics;
use crate::pipeline::budget::{Budget, Places};
use crate::reload;
use crate::serve::Tls;
use crate::shutdown::Signal;
use crate::snapshot::Snapshot;

/// Shared by all connections.
#[derive(Debug)]
pub struct App {
    /// The configuration in force. A request loads it once.
    pub snapshot: ArcSwap<Snapshot>,
    /// Every timeout and size, as the configuration in force has them.
    pub limits: ArcSwap<Limits>,
    /// Counters.
    pub metrics: Metrics,
    /// One line a request.
    pub access_log: audit::Log,
    /// Who may use the admin listener.
    pub admin_guard: ArcSwap<AdminGuard>,
    /// Memory for payloads that are read whole.
    pub small_bodies: Budget,
    /// Memory for clients' documents.
    pub documents: Budget,
    /// Memory for stores' documents that are rewritten: apart, so that no upload of documents can
    /// keep others from their answers.
    pub answers: Budget,
    /// Requests that are worked on.
    pub in_flight: Places,
    /// Those among them that are forms whose signer is yet to be read.
    pub unknown_forms: Places,
    /// Connections of clients.
    pub connections: Places,
    /// TLS of the listeners, if they speak it.
    pub tls: Option<Tls>,
    /// The last denials, for whoever asks why.
    pub denials: Denials,
    /// How the last reload went.
    pub reload: reload::State,
    /// Ends what runs in the background.
    pub background: Signal,
}

impl App {
    /// The timeouts and sizes in force.
    #[must_use]
    pub fn limits(&self) -> arc_swap::Guard<Arc<Limits>> {
        self.limits.load()
    }

    /// What is missing before the gateway can serve; empty when ready. A provider whose keys never
    /// came makes logins with it impossible, and nothing else: it is reported, and the gateway is
    /// ready as soon as each provider was tried.
    #[must_use]
    pub fn not_ready(&self) -> Vec<String> {
        let never_tried = |status: &crate::oidc::Status| status.fetched == 0 && status.failed == 0;
        self.snapshot
            .load()
            .providers
            .status()
            .into_iter()
            .filter(|status| status.keys.is_none() && never_tried(status))
            .map(|status| format!("the keys of {} were not fetched yet", status.issuer))
            .collect()
    }

    /// Whether a request to the admin listener may be answered. A guard by client certificate has
    /// done its work in the TLS handshake.
    #[must_use]
    pub fn admin_admits(&self, headers: &HeaderMap) -> bool {
        match &**self.admin_guard.load() {
            AdminGuard::None | AdminGuard::ClientCertificate(_) => true,
            AdminGuard::BearerToken(expected) => bearer(headers).is_some_and(|token| {
                aws_lc_rs::constant_time::verify_slices_are_equal(
                    token.as_bytes(),
                    expected.expose().as_bytes(),
                )
                .is_ok()
            }),
        }
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers.get(http::header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")
}
