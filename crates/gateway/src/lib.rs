//! The fakes3pp gateway.

pub mod admin;
pub mod app;
pub mod audit;
pub mod caller;
pub mod cli;
pub mod clock;
pub mod config;
mod decide;
pub mod denial;
pub mod entropy;
mod explain;
pub mod lint;
pub mod metrics;
pub mod oidc;
pub mod pipeline;
pub mod policy_tests;
pub mod probe;
pub mod reject;
pub mod reload;
pub mod serve;
pub mod server;
pub mod shutdown;
mod simulation;
pub mod snapshot;
pub mod sts_endpoint;
pub mod upstream;
