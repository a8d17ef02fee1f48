//! What is asked, and the policies that answer.

use std::sync::Arc;

use crate::{Context, Policy, Principal};

/// One question: may this principal do this action to this resource?
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// `service:Name`, as `s3:GetObject`. Compared without regard to ASCII case.
    pub action: &'a str,
    /// The resource's ARN, or `*` where an action has none. Always literal: a `*` or `?` in it is a
    /// character like any other. Anything else is denied.
    pub resource: &'a str,
    /// Who asks.
    pub principal: &'a Principal,
    /// What is known, in layers (request, session, server ...). The first layer that has a key
    /// decides what it is, so the most trustworthy layer comes first.
    pub context: &'a [&'a Context],
}

/// All policies that have a say about a caller and a bucket.
#[derive(Clone, Copy, Default, Debug)]
pub struct PolicySet<'a> {
    /// What the caller's role or user may do: the union of these.
    pub identity: &'a [Arc<Policy>],
    /// What the role or user may do at most.
    pub boundary: Option<&'a Policy>,
    /// What this session may do at most: the union of these. `Some(&[])` allows nothing.
    pub session: Option<&'a [Arc<Policy>]>,
    /// The policy of the bucket that is asked for.
    pub bucket: Option<&'a Policy>,
}
