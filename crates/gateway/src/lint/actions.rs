//! The actions that there are, and what they are about.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

/// What an action of S3 is about.
#[derive(Debug, Deserialize)]
pub(super) struct Action {
    resources: Vec<String>,
    pub(super) keys: Vec<String>,
}

/// By their names, without the prefix.
static S3: LazyLock<BTreeMap<String, Action>> = LazyLock::new(|| {
    // The file is a part of the program; a test reads it.
    serde_json::from_str(include_str!("../../data/s3-actions.json")).unwrap_or_default()
});

/// The actions of STS (Service Authorization Reference).
const STS: &[&str] = &[
    "AssumeRole",
    "AssumeRoleWithSAML",
    "AssumeRoleWithWebIdentity",
    "AssumeRoot",
    "DecodeAuthorizationMessage",
    "GetAccessKeyInfo",
    "GetCallerIdentity",
    "GetDelegatedAccessToken",
    "GetFederationToken",
    "GetServiceBearerToken",
    "GetSessionToken",
    "GetWebIdentityToken",
    "SetContext",
    "SetSourceIdentity",
    "TagGetWebIdentityToken",
    "TagSession",
];

/// What a pattern of actions names.
pub(super) enum Named {
    /// Actions of S3.
    S3(Vec<(&'static str, &'static Action)>),
    /// Actions of STS.
    Sts,
    /// Everything: `*`.
    Everything,
    /// None that there is, of S3 or STS.
    Nothing,
    /// Actions of another service, which is not here.
    Elsewhere,
}

pub(super) fn named(pattern: &str) -> Named {
    if pattern == "*" {
        return Named::Everything;
    }
    let Some((service, name)) = pattern.split_once(':') else { return Named::Nothing };
    let name = name.to_ascii_lowercase();
    let names = |action: &str| glob(&name, &action.to_ascii_lowercase());
    if service.eq_ignore_ascii_case("s3") {
        let found: Vec<_> = S3
            .iter()
            .filter(|(action, _)| names(action))
            .map(|(action, about)| (action.as_str(), about))
            .collect();
        return if found.is_empty() { Named::Nothing } else { Named::S3(found) };
    }
    if service.eq_ignore_ascii_case("sts") {
        let any = STS.iter().any(|action| names(action));
        return if any { Named::Sts } else { Named::Nothing };
    }
    Named::Elsewhere
}

/// The action of S3 that a misspelt one is nearest to.
pub(super) fn suggestion(pattern: &str) -> Option<&'static str> {
    let wanted = pattern.split_once(':')?.1.to_ascii_lowercase();
    S3.keys()
        .map(|action| (distance(&action.to_ascii_lowercase(), &wanted), action.as_str()))
        .min()
        .filter(|(distance, _)| *distance <= 3)
        .map(|(_, action)| action)
}

impl Action {
    /// Whether a pattern of resources could ever match a resource of this action. What a variable
    /// stands for is not known, so that it could be anything.
    pub(super) fn could_meet(&self, resource: &str) -> bool {
        if resource == "*" {
            return true;
        }
        let Some(path) = resource.splitn(6, ':').nth(5) else { return true };
        if !resource.get(..13).is_some_and(|head| head.eq_ignore_ascii_case("arn:aws:s3:::")) {
            // An access point, or a head with wildcards: what AWS has there is not gone into.
            return true;
        }
        let open = path.contains("${");
        self.resources.iter().any(|kind| match kind.as_str() {
            "bucket" => open || !path.contains('/'),
            "object" => open || path.contains(['/', '*', '?']),
            // ListAllMyBuckets and the like are asked for `arn:aws:s3:::*`.
            "*" => glob(path, "*"),
            _ => false,
        })
    }

    /// Whether it is about something that a gateway has.
    pub(super) fn is_here(&self) -> bool {
        self.resources.iter().any(|kind| matches!(kind.as_str(), "bucket" | "object" | "*"))
    }

    /// Whether it is asked for all buckets at once, for the advice.
    pub(super) fn is_about_everything(&self) -> bool {
        self.resources.iter().any(|kind| kind == "*")
    }

    /// Whether it is about buckets, for the advice.
    pub(super) fn is_about_buckets(&self) -> bool {
        self.resources.iter().any(|kind| kind == "bucket")
    }
}

/// `*` is any run of characters, `?` one.
pub(super) fn glob(pattern: &str, text: &str) -> bool {
    let (pattern, text): (Vec<char>, Vec<char>) =
        (pattern.chars().collect(), text.chars().collect());
    let (mut at, mut from) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while from < text.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, from));
                at += 1;
            }
            Some(wanted) if *wanted == '?' || text.get(from) == Some(wanted) => {
                at += 1;
                from += 1;
            }
            _ => match star {
                Some((known, start)) => {
                    star = Some((known, start + 1));
                    (at, from) = (known + 1, start + 1);
                }
                None => return false,
            },
        }
    }
    pattern.iter().skip(at).all(|rest| *rest == '*')
}

/// How many letters differ: Levenshtein's distance.
pub(crate) fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (index, letter) in one.chars().enumerate() {
        let mut diagonal = index;
        let mut left = index + 1;
        let mut next = vec![left];
        for (column, wanted) in other.iter().enumerate() {
            let above = row.get(column + 1).copied().unwrap_or(usize::MAX - 1);
            let substituted = diagonal + usize::from(letter != *wanted);
            left = substituted.min(above + 1).min(left + 1);
            diagonal = above;
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}
