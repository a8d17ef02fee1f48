//! `fakes3pp simulate`: what policies decide, without a gateway.
//!
//! Language and grammar are judged here and nothing else: which roles, buckets and condition keys
//! there are is a matter of a configuration, which `fakes3pp check` judges.

mod human;

use std::io::{self, BufRead, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use serde_json::json;

use super::Surroundings;
use super::lines;
use crate::simulation;

/// One simulation from the command line, or as many as there are lines on standard input.
#[derive(Debug, Args)]
#[command(
    after_long_help = "Without --action, cases are read from standard input, one JSON object a line:\n\
  {\"id\", \"kind\": \"identity|session|trust|bucket\", \"policies\": [...], \"boundary\", \"sessionPolicy\",\n\
  \"bucketPolicy\", \"trustPolicy\", \"request\": {\"action\", \"resource\", \"principal\", \"context\": {...}}}\n\
and for each a line is written:\n\
  {\"id\", \"decision\": \"allow|explicitDeny|implicitDeny|invalid\", \"because\": [{\"policy\", \"statement\", \"sid\"}]}"
)]
pub struct Simulate {
    /// A policy of the caller, in AWS's own JSON; may be given several times.
    #[arg(long = "policy", value_name = "FILE", requires = "action")]
    policies: Vec<PathBuf>,
    /// The caller's permissions boundary.
    #[arg(long, value_name = "FILE", requires = "action")]
    boundary: Option<PathBuf>,
    /// A session policy; may be given several times.
    #[arg(long = "session-policy", value_name = "FILE", requires = "action")]
    session_policies: Vec<PathBuf>,
    /// The policy of the bucket.
    #[arg(long, value_name = "FILE", requires = "action")]
    bucket_policy: Option<PathBuf>,
    /// The trust policy of the role that `--resource` names.
    #[arg(long, value_name = "FILE", requires = "action")]
    trust_policy: Option<PathBuf>,
    /// The action, such as `s3:GetObject`.
    #[arg(long, requires = "resource")]
    action: Option<String>,
    /// The ARN of the resource, such as `arn:aws:s3:::bucket/key`.
    #[arg(long, value_name = "ARN", requires = "action")]
    resource: Option<String>,
    /// The ARN of the caller: a session, a user, an identity provider. Without it: anonymous, if
    /// there is a bucket's policy alone, else a session of an example role.
    #[arg(long, value_name = "ARN", requires = "action")]
    principal: Option<String>,
    /// A condition key and its value; several times for several keys, or several values of one.
    #[arg(long = "context", value_name = "KEY=VALUE", requires = "action")]
    context: Vec<String>,
}

/// Decides; with lines 0 if each was answered, also with `invalid`, and 1 if one is no case.
pub(super) fn run(simulate: &Simulate, surroundings: Surroundings<'_>) -> io::Result<ExitCode> {
    match (&simulate.action, &simulate.resource) {
        (Some(action), Some(resource)) => human::run(simulate, action, resource, surroundings),
        _ => read_cases(surroundings.out, surroundings.input),
    }
}

fn read_cases(out: &mut dyn Write, input: &mut dyn BufRead) -> io::Result<ExitCode> {
    let fault = |why| json!({"decision": "invalid", "because": [], "message": why});
    lines::answer(input, out, |line, number| simulation::answer(line, number).map_err(fault), fault)
}
