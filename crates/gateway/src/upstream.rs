//! The way to the stores: connections, request bodies, TLS.

mod acknowledged;
pub mod body;
pub mod client;
pub mod tls;
