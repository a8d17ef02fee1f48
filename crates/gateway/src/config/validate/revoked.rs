//! Who is cut off.

use sigv4::{AccessKeyId, Timestamp};

use super::Check;
use crate::config::error::Place;
use crate::config::raw::{RawConfig, RawRevoked};
use crate::config::revoked::{Revocation, Revocations, Whom};
use crate::config::shape::{Field, Value};

pub(super) fn revoked(
    raw: &RawConfig,
    account: Option<&policy::AccountId>,
    check: &mut Check<'_>,
) -> Option<Revocations> {
    let items = raw.revoked.items();
    let all: Vec<_> = items.iter().map(|item| entry(item, account, check)).collect();
    if raw.revoked.is_bad() {
        return None;
    }
    all.into_iter().collect::<Option<Vec<_>>>().map(Revocations::new)
}

fn entry(
    item: &Value<RawRevoked>,
    account: Option<&policy::AccountId>,
    check: &mut Check<'_>,
) -> Option<Revocation> {
    let (raw, place) = (&item.value, &item.place);
    let before = match &raw.before {
        Field::Absent => None,
        Field::Bad => return None,
        Field::Set(text) => {
            let advice = "must be a time such as `2026-01-02T03:04:05Z`";
            Some(check.parse(text, |text| Timestamp::parse_rfc3339(text).map_err(|_| advice))?)
        }
    };
    Some(Revocation { whom: whom(raw, place, account, check)?, before })
}

/// Exactly one of the three says who.
fn whom(
    raw: &RawRevoked,
    place: &Place,
    account: Option<&policy::AccountId>,
    check: &mut Check<'_>,
) -> Option<Whom> {
    let text = |field: &Field<String>| field.get().map(|found| found.value.clone());
    match (text(&raw.subject), text(&raw.issuer), text(&raw.user), raw.session.get()) {
        (Some(subject), Some(issuer), None, None) => Some(Whom::Subject { issuer, subject }),
        (None, None, Some(name), None) => {
            Some(Whom::User(format!("arn:aws:iam::{}:user/{name}", account?)))
        }
        (None, None, None, Some(id)) => {
            let advice = "must be the access key id of a session, such as `ASIA...`";
            check.parse(id, |text| AccessKeyId::parse(text).map_err(|_| advice)).map(Whom::Session)
        }
        _ => {
            let message =
                "must say who by exactly one of `subject` (with `issuer`), `user` and `session`";
            check.findings.mistake(place, message);
            None
        }
    }
}
