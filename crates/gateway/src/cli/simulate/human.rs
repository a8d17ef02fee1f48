//! One simulation with files and flags, answered in words.

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use policy::{Context, Decision, Kind, Policy, Principal, Reason, Request, Value};

use super::Simulate;
use crate::cli::Surroundings;
use crate::config::{Disk, Files as _};
use crate::lint;
use crate::simulation::{Documents, any_bucket, load};

/// Largest file that is read: far more than any policy may have.
const MAX_FILE: usize = 1024 * 1024;

/// Who asks, where nobody was named and the caller's own policies are what is tried.
const SOMEBODY: &str = "arn:aws:sts::000000000000:assumed-role/somebody/session";

/// Prints the decision and why; 0 if it is an Allow, 1 if not, 2 if it cannot be decided.
pub(super) fn run(
    simulate: &Simulate,
    action: &str,
    resource: &str,
    surroundings: Surroundings<'_>,
) -> io::Result<ExitCode> {
    let decided = prepare(simulate).map(|(documents, principal, context)| {
        documents.decide(&Request { action, resource, principal: &principal, context: &[&context] })
    });
    match decided {
        Err(message) => {
            writeln!(surroundings.err, "fakes3pp: {message}")?;
            Ok(ExitCode::from(2))
        }
        Ok(decision) => {
            writeln!(surroundings.out, "{}", decision.as_str())?;
            explain(&decision, surroundings.out)?;
            if let Some(message) = lint::unknown_action(action) {
                writeln!(surroundings.out, "  {message}")?;
            }
            Ok(if decision.is_allow() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        }
    }
}

fn prepare(simulate: &Simulate) -> Result<(Documents, Principal, Context), String> {
    let all = |kind: &Kind, paths: &[std::path::PathBuf]| {
        paths
            .iter()
            .map(|path| read(kind.clone(), path).map(Arc::new))
            .collect::<Result<Vec<_>, _>>()
    };
    let one = |kind: Kind, path: Option<&std::path::PathBuf>| {
        path.map(|path| read(kind, path)).transpose()
    };
    let session = all(&Kind::Session, &simulate.session_policies)?;
    let documents = Documents {
        identity: all(&Kind::Identity, &simulate.policies)?,
        boundary: one(Kind::Boundary, simulate.boundary.as_ref())?,
        session: (!session.is_empty()).then_some(session),
        bucket: one(any_bucket(), simulate.bucket_policy.as_ref())?,
        trust: one(Kind::Trust, simulate.trust_policy.as_ref())?,
    };
    let named = simulate.principal.as_deref();
    let bucket_alone = documents.identity.is_empty() && documents.bucket.is_some();
    let principal = match named.or((!bucket_alone).then_some(SOMEBODY)) {
        None => Principal::Anonymous,
        Some(arn) => Principal::from_arn(arn)
            .ok_or_else(|| format!("`{arn}` is no ARN of a session, user or provider"))?,
    };
    Ok((documents, principal, context(&simulate.context)?))
}

fn read(kind: Kind, path: &Path) -> Result<Policy, String> {
    let name = path.display().to_string();
    let bytes = Disk.read(path, MAX_FILE).map_err(|error| format!("{name}: {error}"))?;
    let text = String::from_utf8(bytes).map_err(|_| format!("{name}: is not text in UTF-8"))?;
    load(kind, &name, &text).map_err(|error| {
        let is_role = serde_json::from_str::<serde_json::Value>(&text)
            .is_ok_and(|json| json.get("AssumeRolePolicyDocument").is_some());
        let advice =
            "is a role: `explain --config` decides with roles, and `policy test` tests them";
        if is_role { format!("{name}: {advice}") } else { error }
    })
}

/// A key that is given once has one value, and several if it is given several times.
fn context(pairs: &[String]) -> Result<Context, String> {
    let mut context = Context::new();
    for pair in pairs {
        let (key, value) =
            pair.split_once('=').ok_or_else(|| format!("`{pair}` is not KEY=VALUE"))?;
        let value = match context.remove(key) {
            None => Value::One(value.to_owned()),
            Some(Value::One(first)) => Value::Many(vec![first, value.to_owned()]),
            Some(Value::Many(mut values)) => {
                values.push(value.to_owned());
                Value::Many(values)
            }
            Some(Value::Unknown) => Value::Unknown,
        };
        context.insert(key.to_owned(), value);
    }
    Ok(context)
}

fn explain(decision: &Decision, out: &mut dyn Write) -> io::Result<()> {
    match decision {
        Decision::Allow(reason) => {
            writeln!(out, "  allowed by {reason}")?;
            reason.with.iter().try_for_each(|with| writeln!(out, "  and by     {with}"))
        }
        Decision::ExplicitDeny(reason) => {
            let Reason { layer, .. } = reason;
            writeln!(out, "  denied by {reason} ({} policy)", layer.as_str())
        }
        Decision::ImplicitDeny(nearest) => writeln!(out, "  {nearest}"),
    }
}
