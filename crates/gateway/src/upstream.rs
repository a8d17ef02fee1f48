//! The way to the stores: connections, request bodies, TLS.

pub mod body;
pub mod client;
pub mod tls;
