//! What the tests of this workspace share: doubles of the outside world, clients that can misbehave,
//! and checks that every response and every log goes through.
//!
//! The seams of the gateway are sockets, `now` and entropy bytes, so the doubles here are real
//! servers on loopback, never implementations of our traits:
//!
//! - [`store::FakeStore`]: an S3 store that records every request byte for byte and answers as told;
//! - [`issuer::FakeIssuer`]: an OIDC provider with keys of every kind, rotation and faults;
//! - [`client`]: sends exact bytes and says how the answer ended;
//! - [`signed::SignedRequest`]: signs requests, rightly or wrongly;
//! - [`check`]: what must hold for every response;
//! - [`logs`]: captures a log and finds secrets in it;
//! - [`tls::Authority`]: throw-away certificates.
//!
//! Servers run on a thread of their own: a test may block, pause time or use any runtime. They end,
//! with all their connections, when they are dropped.
//!
//! The testkit depends on no other crate of the workspace. What it signs is therefore an
//! independent second opinion on what `sigv4` verifies.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "test code: a panic is how it reports"
)]

pub mod answer;
pub mod check;
pub mod client;
pub mod clock;
pub mod issuer;
pub mod logs;
pub mod server;
pub mod signed;
pub mod store;
pub mod tls;
mod wire;

/// How long any wait in the testkit lasts before the test fails: long enough for a busy machine,
/// short enough to be noticed.
pub const PATIENCE: std::time::Duration = std::time::Duration::from_secs(20);
