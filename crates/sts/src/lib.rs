//! What happens when somebody exchanges an ID token for temporary keys, and what those keys are.
//!
//! The crate is pure: no clock, no socket, no file, no randomness. `now` and entropy bytes are
//! arguments, so every decision here can be tested to the second and every token to the byte.
//!
//! The way of one login, each step a type that the next step asks for:
//!
//! ```text
//! form or query --query::parse--> Call::AssumeRoleWithWebIdentity
//! its token     --jwt::Token::parse--> Token            nothing trusted yet
//! + KeySet      --Token::verify--> IdToken              signed by the provider, for us, now
//! + Role        --mint::assume_role_with_web_identity--> Issued   the trust policy said yes
//! ```
//!
//! and the way back, at each S3 request: `token::KeyRing::open` gives the [`session::Session`] and
//! the secret key that the request must be signed with. Nothing is stored in between: whoever
//! holds the same key ring opens what another replica sealed.

pub mod authorization_message;
pub mod error;
mod ids;
pub mod json;
pub mod jwt;
pub mod keyset;
pub mod mint;
pub mod query;
pub mod response;
pub mod role;
pub mod session;
#[cfg(test)]
mod testing;
mod text;
pub mod token;
pub mod web_identity;
