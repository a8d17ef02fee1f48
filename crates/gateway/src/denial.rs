//! Why a request was denied, for those who run the gateway: one structure for the access log, the admin
//! listener, `fakes3pp explain` and the message that a client may have decoded.
//!
//! It names policies, so that it is never in an answer to a client but sealed.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use policy::{Decision, Denial, Failed, Reason, Seen, Value};
use serde::Serialize;
use serde_json::{Value as Json, json};

use crate::audit::Record;
use crate::decide::is_existing_tag;

/// Denials of callers who are known that are kept: the last 10,000. At about a kilobyte each, and four
/// where a client sends what is as long as it may be, they take 10 to 40 MB at most.
const KEPT: usize = 10_000;

/// Denials of others that are kept, apart: whoever has no keys must not push out what somebody looks
/// for.
const KEPT_ANONYMOUS: usize = 1000;

/// Longest text that is kept of one thing, in bytes. Keys of objects have 1,024 at most.
const MAX_TEXT: usize = 1100;

/// What stood in the way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Denied {
    /// The action that was not allowed.
    pub action: String,
    /// Its resource.
    pub resource: String,
    /// `explicitDeny` or `implicitDeny`.
    pub decision: &'static str,
    /// Which policies: `identity`, `boundary`, `session`, `bucket` or `trust`. Of an implicit deny those
    /// in which an Allow is missing.
    pub layer: &'static str,
    /// The Deny, or the Allow that came nearest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub statement: Option<Statement>,
    /// What kept the nearest Allow from matching.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failed: Option<Obstacle>,
}

/// Who was denied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The ARN of the session or user.
    pub arn: String,
    /// Its unique id, which is also `aws:userid`.
    pub id: String,
}

/// A statement of a policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Statement {
    /// The policy: of a role `ROLE/POLICY`, else its file.
    pub policy: String,
    /// Its place in the document, from 0.
    pub statement: usize,
    /// Its `Sid`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
}

/// What kept a statement from matching.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Obstacle {
    /// In words.
    pub what: String,
    /// The condition operator.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operator: Option<String>,
    /// The condition key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The value that the request had; absent if it had none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seen: Option<String>,
}

/// What has room in [`MAX_TEXT`] bytes of JSON, in which a control character takes six.
fn cut(text: &str) -> String {
    let mut left = MAX_TEXT;
    let fits = |character: &char| {
        let length = match character {
            '"' | '\\' => 2,
            control if control.is_ascii_control() => 6,
            other => other.len_utf8(),
        };
        left = left.saturating_sub(length);
        left > 0
    };
    text.chars().take_while(fits).collect()
}

impl Statement {
    fn of(reason: &Reason) -> Self {
        Self {
            policy: cut(&reason.policy),
            statement: reason.statement,
            sid: reason.sid.as_deref().map(cut),
        }
    }
}

impl Obstacle {
    fn of(failed: &Failed) -> Self {
        let what = cut(&failed.to_string());
        match failed {
            Failed::Condition(miss) => Self {
                what,
                operator: Some(cut(&miss.operator)),
                key: Some(cut(&miss.key)),
                seen: match &miss.seen {
                    Seen::Value(value) | Seen::Several(value) => Some(cut(value)),
                    Seen::Absent | Seen::Undecidable => None,
                },
            },
            _ => Self { what, operator: None, key: None, seen: None },
        }
    }

    /// Without the value of a tag of the object: not everybody who may have a denial decoded may see the
    /// object's tags.
    fn without_tags(&self) -> Self {
        match (&self.operator, &self.key) {
            (Some(operator), Some(key)) if is_existing_tag(key) => {
                Self { what: format!("{operator} on {key}"), seen: None, ..self.clone() }
            }
            _ => self.clone(),
        }
    }
}

impl Denied {
    /// Of a decision that is no Allow.
    #[must_use]
    pub fn of(denial: &Denial) -> Self {
        let (layer, statement, failed) = match &*denial.decision {
            Decision::Allow(reason) | Decision::ExplicitDeny(reason) => {
                (reason.layer, Some(Statement::of(reason)), None)
            }
            Decision::ImplicitDeny(nearest) => (
                nearest.layer,
                nearest.statement.as_ref().map(Statement::of),
                Some(Obstacle::of(&nearest.failed)),
            ),
        };
        Self {
            action: cut(&denial.action),
            resource: cut(&denial.resource),
            decision: denial.decision.as_str(),
            layer: layer.as_str(),
            statement,
            failed,
        }
    }

    /// As DecodeAuthorizationMessage shows it (STS API Reference), with `nearest` besides. `conditions`:
    /// the condition keys of the request, of which the longest are left out where there is not `room`
    /// for all, and counted.
    #[must_use]
    pub fn decoded(
        &self,
        principal: &Identity,
        record: &Record,
        conditions: &[(String, Value)],
        room: usize,
    ) -> Json {
        let explicit = self.decision == "explicitDeny";
        let matched: Vec<Json> = self
            .statement
            .iter()
            .filter(|_| explicit)
            .map(|statement| {
                json!({
                    "statementId": statement.sid.clone().unwrap_or_default(),
                    "effect": "DENY",
                    "sourcePolicyId": statement.policy,
                    "statement": statement.statement,
                })
            })
            .collect();
        let decoded = |conditions: Json| {
            json!({
                "allowed": false,
                "explicitDeny": explicit,
                "matchedStatements": { "items": matched },
                "failures": { "items": [] },
                "nearest": (!explicit).then(|| json!({
                    "layer": self.layer,
                    "statement": self.statement,
                    "failed": self.failed.as_ref().map(Obstacle::without_tags),
                })),
                "context": {
                    "principal": { "id": principal.id, "arn": principal.arn },
                    "action": self.action,
                    "resource": self.resource,
                    "requestId": record.request_id,
                    "conditions": conditions,
                },
            })
        };
        let least = decoded(json!({ "items": [], "omitted": conditions.len() }));
        let room = room.saturating_sub(least.to_string().len());
        decoded(match fitting(conditions, room) {
            (items, 0) => json!({ "items": items }),
            (items, omitted) => json!({ "items": items, "omitted": omitted }),
        })
    }
}

/// The conditions that have room together, in order, and the number of the others: of the longest, for
/// which a client may have made them long.
fn fitting(conditions: &[(String, Value)], room: usize) -> (Vec<Json>, usize) {
    let mut items: Vec<(usize, usize, Json)> = conditions
        .iter()
        .filter_map(condition)
        .enumerate()
        .map(|(place, item)| (item.to_string().len() + ",".len(), place, item))
        .collect();
    items.sort_by_key(|(length, ..)| *length);
    let mut used = 0;
    let fit = |(length, ..): &(usize, usize, Json)| {
        used += length;
        used > room
    };
    let omitted = items.split_off(items.iter().position(fit).unwrap_or(items.len())).len();
    items.sort_by_key(|(_, place, _)| *place);
    (items.into_iter().map(|(.., item)| item).collect(), omitted)
}

fn condition((key, value): &(String, Value)) -> Option<Json> {
    let values: &[String] = match value {
        Value::One(value) => std::slice::from_ref(value),
        Value::Many(values) => values,
        Value::Unknown => return None,
    };
    let values: Vec<Json> = values.iter().map(|value| json!({ "value": value })).collect();
    Some(json!({ "key": key, "values": { "items": values } }))
}

/// The last denials, in memory.
#[derive(Debug, Default)]
pub struct Denials {
    known: Ring,
    anonymous: Ring,
}

// Locked for a push or a copy, on the way out of a request that was denied; no request waits for it
// while it is decided.
#[derive(Debug, Default)]
struct Ring(Mutex<VecDeque<Record>>);

impl Ring {
    fn push(&self, record: Record, most: usize) {
        let mut ring = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        while ring.len() >= most {
            ring.pop_front();
        }
        ring.push_back(record);
    }

    fn find(&self, request_id: &str) -> Option<Record> {
        let ring = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        ring.iter().rev().find(|record| record.request_id == request_id).cloned()
    }

    fn last(&self, most: usize) -> Vec<Record> {
        let ring = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        ring.iter().rev().take(most).cloned().collect()
    }
}

impl Denials {
    /// Keeps a finished request that was denied. Others are not kept.
    pub fn keep(&self, record: &Record) {
        if record.denial.is_none() {
            return;
        }
        let mut kept = record.clone();
        kept.bound_to(MAX_TEXT);
        match kept.subject {
            Some(_) => self.known.push(kept, KEPT),
            None => self.anonymous.push(kept, KEPT_ANONYMOUS),
        }
    }

    /// The denial of a request.
    #[must_use]
    pub fn find(&self, request_id: &str) -> Option<Record> {
        self.known.find(request_id).or_else(|| self.anonymous.find(request_id))
    }

    /// The last ones, newest first: of callers who are known, then of others.
    #[must_use]
    pub fn last(&self, most: usize) -> Vec<Record> {
        let mut all = self.known.last(most);
        all.extend(self.anonymous.last(most.saturating_sub(all.len())));
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(id: usize, subject: Option<&str>) -> Record {
        let denied = Denied {
            action: "s3:GetObject".to_owned(),
            resource: "arn:aws:s3:::b/k".to_owned(),
            decision: "implicitDeny",
            layer: "identity",
            statement: None,
            failed: None,
        };
        Record {
            request_id: id.to_string(),
            subject: subject.map(str::to_owned),
            denial: Some(Box::new(denied)),
            ..Record::default()
        }
    }

    #[test]
    fn a50_strangers_push_out_nobody_else() {
        let denials = Denials::default();
        denials.keep(&record(0, Some("alice")));
        for id in 1..=3000 {
            denials.keep(&record(id, None));
        }
        assert!(denials.find("0").is_some());
        assert!(denials.find("3000").is_some() && denials.find("1").is_none());
        assert_eq!(denials.last(5000).len(), 1 + KEPT_ANONYMOUS);
        for id in 0..KEPT {
            denials.keep(&record(10_000 + id, Some("alice")));
        }
        assert!(denials.find("0").is_none());
        assert_eq!(denials.last(3).len(), 3);
        denials.keep(&Record { request_id: "allowed".to_owned(), ..Record::default() });
        assert!(denials.find("allowed").is_none());
    }

    #[test]
    fn a50_what_is_kept_is_cut() {
        let mut long = record(0, None);
        long.key = Some("\u{20ac}".repeat(5000));
        let denials = Denials::default();
        denials.keep(&long);
        assert!(denials.find("0").unwrap().key.unwrap().len() <= MAX_TEXT);
        assert_eq!(cut(&"\u{20ac}".repeat(5000)).len(), MAX_TEXT - MAX_TEXT % 3);
    }
}
