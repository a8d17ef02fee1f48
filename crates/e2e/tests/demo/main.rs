//! The whole of it, through the AWS SDK for Rust: the demo (gateway, STS, store, identity provider) in
//! this process, over real sockets. No network beyond loopback, no Python.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "test code: a panic is how it reports"
)]

mod denied;
mod fixture;
mod login;
mod multipart;
mod objects;
mod presigned;
mod wire;
