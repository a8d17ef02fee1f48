//! What a caller may do: the one place that asks the policies about S3.
//!
//! It needs no socket and no body, so that `fakes3pp explain` decides with the same code.

use policy::{Context, Denial, Permit, Request};
use s3::Operation;
use s3::requirement::{Facts, Requirement, Requirements};

use crate::caller::Caller;
use crate::reject::Reject;
use crate::snapshot::Snapshot;

/// Asks the policies.
pub(crate) struct Judge<'a> {
    pub(crate) caller: &'a Caller,
    pub(crate) snapshot: &'a Snapshot,
    pub(crate) contexts: &'a [Context; 2],
}

impl Judge<'_> {
    /// Refuses a caller to whom no policy gives anything, before a byte of the body is read: what
    /// the gateway does for people whom nobody knows is to say no.
    pub(crate) fn may_anything(
        &self,
        operation: &Operation,
        facts: &Facts<'_>,
    ) -> Result<(), Reject> {
        let policies = self.caller.policies();
        if !policies.identity.is_empty() || policies.bucket.is_some() {
            return Ok(());
        }
        let requirements = operation.requirements(facts, None);
        // DeleteObjects requires nothing before its document is read, and nothing is not allowed.
        self.every(requirements.iter()).map(drop).map_err(Reject::Denied)
    }

    /// The permits, and for DeleteObjects what stands in the way of each key, in order.
    pub(crate) fn all(
        &self,
        requirements: &Requirements,
    ) -> Result<(Vec<Permit>, Vec<Option<Denial>>), Reject> {
        match requirements {
            Requirements::All(all) => {
                Ok((vec![self.every(all.iter()).map_err(Reject::Denied)?], Vec::new()))
            }
            Requirements::PerKey(keys) => {
                let mut permits = Vec::new();
                let mut denials = Vec::with_capacity(keys.len());
                for (_, requirements) in keys {
                    match self.every(requirements.iter()) {
                        Ok(permit) => {
                            permits.push(permit);
                            denials.push(None);
                        }
                        Err(denial) => denials.push(Some(denial)),
                    }
                }
                Ok((permits, denials))
            }
        }
    }

    /// Every requirement must be allowed.
    pub(crate) fn every<'r>(
        &self,
        requirements: impl Iterator<Item = &'r Requirement>,
    ) -> Result<Permit, Denial> {
        let principal = self.caller.principal(&self.snapshot.live.account_id);
        let [about_caller, about_request] = self.contexts;
        let layers: Vec<(&Requirement, [&Context; 3])> = requirements
            .map(|requirement| (requirement, [about_caller, about_request, &requirement.context]))
            .collect();
        let requests = layers.iter().map(|(requirement, context)| Request {
            action: requirement.action,
            resource: &requirement.resource,
            principal: &principal,
            context,
        });
        policy::authorize(&self.caller.policies(), requests)
    }
}
