//! The answer for people.

use std::io::{self, Write};

use policy::{Denial, Value};
use s3::requirement::Requirement;

use crate::explain::Explained;
use crate::pipeline::explained::{Explanation, Verdict};
use crate::reject::Reject;

/// What a request is and needs.
pub(super) fn meaning(explained: &Explained, out: &mut dyn Write) -> io::Result<()> {
    operation(explained.operation, out)?;
    if let Some(reject) = &explained.reject {
        writeln!(out, "refused    {reject}")?;
    }
    needs(explained.checks.iter().flatten().chain(&explained.of_targets), out)
}

/// What is decided about it.
pub(super) fn decision(explanation: &Explanation, out: &mut dyn Write) -> io::Result<()> {
    operation(explanation.operation, out)?;
    if explanation.operation.is_some() || explanation.principal.is_some() {
        writeln!(out, "caller     {}", explanation.principal.as_deref().unwrap_or("anonymous"))?;
    }
    if let Some(store) = &explanation.store {
        writeln!(out, "store      {store}")?;
    }
    let requirements = explanation.requirements.iter().flat_map(|all| all.iter());
    needs(requirements.chain(&explanation.of_targets), out)?;
    for check in &explanation.if_source_has_tags {
        writeln!(out, "needs      {} on {} if the source has tags", check.action, check.resource)?;
    }
    if explanation.needs_tags {
        writeln!(out, "note       the object's tags decide: `--existing-tag KEY=VALUE` says them")?;
    }
    verdict(explanation.verdict.as_ref(), out)?;
    if let Some(credential) = &explanation.credential {
        writeln!(out, "credential {credential}")?;
    }
    explanation.stopped.as_ref().map_or(Ok(()), |reject| refused(reject, out))
}

fn verdict(verdict: Option<&Verdict>, out: &mut dyn Write) -> io::Result<()> {
    match verdict {
        None => Ok(()),
        Some(Verdict::LeftToStore) => writeln!(out, "decision   left to the store"),
        Some(Verdict::Allowed { because, unless_untagged }) => {
            writeln!(out, "decision   allow")?;
            for reason in because {
                writeln!(out, "because    {reason}")?;
            }
            match unless_untagged {
                Some(denial) => {
                    writeln!(out, "but        if the source has tags:")?;
                    denied(denial, out)
                }
                None => Ok(()),
            }
        }
        Some(Verdict::Each(objects)) => {
            for (object, denial) in objects {
                writeln!(out, "object     {}", object.key)?;
                match denial {
                    Some(denial) => denied(denial, out)?,
                    None => writeln!(out, "decision   allow")?,
                }
            }
            Ok(())
        }
        Some(Verdict::Rejected(Reject::Denied(denial))) => denied(denial, out),
        Some(Verdict::Rejected(reject)) => refused(reject, out),
    }
}

fn refused(reject: &Reject, out: &mut dyn Write) -> io::Result<()> {
    let said = reject.rejection();
    writeln!(out, "refused    {}, {}", said.code.as_str(), said.reason)
}

fn operation(operation: Option<&str>, out: &mut dyn Write) -> io::Result<()> {
    match operation {
        Some(operation) => writeln!(out, "operation  {operation}"),
        None => writeln!(out, "operation  none that is known"),
    }
}

fn needs<'a>(
    requirements: impl Iterator<Item = &'a Requirement>,
    out: &mut dyn Write,
) -> io::Result<()> {
    for check in requirements {
        writeln!(out, "needs      {} on {}", check.action, check.resource)?;
        let mut keys: Vec<_> = check.context.iter().collect();
        keys.sort_by_key(|(key, _)| key.to_owned());
        for (key, value) in keys {
            let value = match value {
                Value::One(text) => text.clone(),
                Value::Many(texts) => format!("[{}]", texts.join(", ")),
                Value::Unknown => "(unknown)".to_owned(),
            };
            writeln!(out, "             {key} = {value}")?;
        }
    }
    Ok(())
}

fn denied(denial: &Denial, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "decision   {} of {} on {}",
        denial.decision.as_str(),
        denial.action,
        denial.resource
    )?;
    writeln!(out, "because    {}", denial.decision)
}
