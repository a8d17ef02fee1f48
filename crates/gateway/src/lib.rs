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
pub mod metrics;
pub mod oidc;
pub mod pipeline;
pub mod reject;
pub mod reload;
pub mod serve;
pub mod server;
pub mod shutdown;
pub mod snapshot;
pub mod sts_endpoint;
pub mod upstream;
