//! Who signed this request, and signing the next one: AWS Signature Version 4 in the header, in the
//! query and in forms, its chunked bodies, and the older HMACv1 in the query, in forms and, if
//! [`Accept`] says so, in the header.
//!
//! # What the caller owes
//!
//! - [`RequestHead::path`] and [`RequestHead::query`] are the bytes of the request target as they
//!   came, neither decoded nor normalised, without the `?`. Header names are lower case, as
//!   [`http::HeaderMap`] keeps them, and `host` is present (from `:authority` under HTTP/2).
//! - [`present`] and [`verify()`] get the same head. Nothing that [`present`] returns is trusted:
//!   it says which secret to look up, no more.
//! - Time is an argument. Nothing here reads a clock, a file, the environment or a random source.
//!
//! # What is canonical
//!
//! The path and the query are decoded once and encoded again as AWS does (`A-Z a-z 0-9 - . _ ~` stay,
//! everything else becomes `%XX`; `/` stays in a path; no dot segment is removed and no slash is
//! merged). A raw `+` stays a `+`: readers disagree whether it means a plus or a space, so a signature
//! over `%2B` or over `%20` must not hold for it. A `%` without two hex digits is refused.
//!
//! # Proof
//!
//! [`Verified`] has private fields, is not `Clone` and is made by [`verify()`] and [`verify_form`] alone. Secrets have no
//! `Display`, no `==` and a redacted `Debug`; signatures compare in constant time.
//!
//! Errors say what happened in this crate's words; the doc comment of each variant names the answer
//! that AWS gives, for the one place that translates.

mod canonical;
pub mod chunked;
mod error;
mod form;
mod hmacv1;
mod key;
mod payload;
mod presented;
mod scope;
mod sign;
mod signature;
mod time;
mod v4a;
mod verify;

#[cfg(test)]
mod testing;

pub use error::{
    BadEncoding, ChunkError, InvalidAccessKeyId, InvalidRegion, InvalidSessionToken, InvalidTime,
    Malformed, Mismatch, PayloadError, Place, PresentError, SignError, UnsupportedScheme,
    VerifyError,
};
pub use form::{FormClaims, FormFields, present_form, verify_form};
pub use key::{AccessKeyId, SecretKey, SessionToken, SigningKey};
pub use payload::{EMPTY_SHA256, Payload};
pub use presented::{Accept, Claims, Presented, RequestHead, Scheme, present};
pub use scope::{Region, Scope, ScopeDate, Service};
pub use sign::{MAX_PRESIGN_SECONDS, Signer};
pub use signature::ChunkSeed;
pub use time::Timestamp;
pub use v4a::RegionSet;
pub use verify::{Expect, MAX_SKEW_SECONDS, Verified, verify, verify_with_key};
