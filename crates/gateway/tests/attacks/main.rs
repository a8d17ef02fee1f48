//! Attacks that must fail, tried against the running gateway over real sockets.
//!
//! Each test is named after its number in the list of attacks. "Refused" always means all of it: an
//! AWS error code, nothing that a store could act on, and a log line that says why without a secret
//! in it. See [`harness::World::refused`].
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test code: a panic is how it reports"
)]

mod around;
mod buckets;
mod bytes;
mod chunks;
mod conditions;
mod copies;
mod credentials;
mod dialects;
mod early_answers;
mod endpoints;
mod explained;
mod form;
mod form_policies;
mod forms;
mod harness;
mod hmac_v1_header;
mod hostile_answers;
mod hostile_store;
mod keys;
mod meaning;
mod memory;
mod neighbour;
mod parts;
mod payloads;
mod plan;
mod policies;
mod preflight;
mod probe;
mod promises;
mod providers;
mod reads;
mod reloads;
mod rotations;
mod routing;
mod sessions;
mod signatures;
mod sigv4a;
mod spelled;
mod strangers;
mod tags;
mod targets;
mod tokens;
mod trust;
mod wire;
