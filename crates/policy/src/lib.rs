//! The IAM policy language: load, compile, evaluate.
//!
//! # Contract
//!
//! A document goes in as text and comes out as a [`Policy`] or as [`LoadErrors`]: every mistake at
//! once, each with its JSON path. Nothing that is parsed is ignored: a member, an operator, a
//! version or a value that this crate does not understand is an error, never a no-op.
//!
//! [`evaluate`] takes compiled policies, a [`Request`] and its [`Context`] and returns a
//! [`Decision`] that says why. It takes exactly the context that it is given, the clock included.
//! It is total (no input panics), deterministic, and does not depend on the order of statements or
//! policies. A Deny in any policy wins; what cannot be decided does not match in an Allow and
//! matches in a Deny.
//!
//! Text is text: what a variable stands for, the resource that is asked for and the values of the
//! context are never searched for wildcards, variables or JSON.
//!
//! The only way to a [`Permit`] is [`authorize`] and [`authorize_trust`].
//!
//! ```
//! use std::sync::Arc;
//! use policy::{Context, Kind, Policy, PolicySet, Principal, Request, authorize};
//!
//! let policy = Policy::load(
//!     Kind::Identity,
//!     "roles/reader.json",
//!     r#"{
//!         "Version": "2012-10-17",
//!         "Statement": {
//!             "Sid": "OwnHome",
//!             "Effect": "Allow",
//!             "Action": "s3:GetObject",
//!             "Resource": "arn:aws:s3:::home/${claims:sub}/*"
//!         }
//!     }"#,
//! )?;
//! let identity = [Arc::new(policy)];
//! let set = PolicySet { identity: &identity, ..PolicySet::default() };
//! let alice = Principal::Session {
//!     session_arn: "arn:aws:sts::111122223333:assumed-role/reader/alice".into(),
//!     role_arn: "arn:aws:iam::111122223333:role/reader".into(),
//!     account: "111122223333".into(),
//! };
//! let context = Context::from_iter([("claims:sub", "alice")]);
//! let layers = [&context];
//! let get = |resource| Request {
//!     action: "s3:GetObject",
//!     resource,
//!     principal: &alice,
//!     context: &layers,
//! };
//! let permit = authorize(&set, [get("arn:aws:s3:::home/alice/notes.txt")]);
//! assert_eq!(permit.unwrap().reasons()[0].sid.as_deref(), Some("OwnHome"));
//! assert!(authorize(&set, [get("arn:aws:s3:::home/bob/notes.txt")]).is_err());
//! # Ok::<(), policy::LoadErrors>(())
//! ```
//!
//! The rules are AWS's: IAM User Guide, *IAM JSON policy element reference* and *Policy evaluation
//! logic*. Where AWS is silent the safer reading was taken and the place says so.

mod action;
mod arn;
mod compile;
mod condition;
mod context;
mod decision;
mod document;
mod error;
mod evaluate;
mod inspect;
mod matched;
mod pattern;
mod policy;
mod possible;
mod principal;
mod request;
mod statement;
mod variable;

pub use arn::{AccountId, Arn, ParseArnError};
pub use condition::Condition;
pub use context::{Context, Value};
pub use decision::{ConditionMiss, Decision, Denial, Failed, Layer, Nearest, Permit, Reason, Seen};
pub use error::{LoadError, LoadErrors, Problem};
pub use evaluate::{
    authorize, authorize_each, authorize_each_below, authorize_trust, authorize_trust_for,
    evaluate, evaluate_below, evaluate_trust, needs_key,
};
pub use inspect::{FederatedGrant, KeyUse};
pub use policy::{Effect, Kind, Policy, Strictness};
pub use possible::could_allow;
pub use principal::Principal;
pub use request::{PolicySet, Request};
