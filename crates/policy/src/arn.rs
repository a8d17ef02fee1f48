//! ARNs and account ids.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use crate::context::Lookup;
use crate::matched::Match;
use crate::variable::{MalformedVariable, Syntax, Text, split_parts};

/// The types of resource that IAM has, as AWS's message lists them.
pub(crate) const IAM_TYPES: [&str; 13] = [
    "user/",
    "federated-user/",
    "role/",
    "group/",
    "instance-profile/",
    "mfa/",
    "server-certificate/",
    "policy/",
    "sms-mfa/",
    "saml-provider/",
    "oidc-provider/",
    "report/",
    "access-report/",
];

/// A twelve-digit account id.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AccountId(Box<str>);

impl AccountId {
    /// The twelve digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for AccountId {
    type Err = ParseArnError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if is_account(text) { Ok(Self(text.into())) } else { Err(ParseArnError::Account) }
    }
}

impl fmt::Display for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for AccountId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AccountId({})", self.0)
    }
}

pub(crate) fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// A literal ARN, `arn:partition:service:region:account:resource`.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Arn(Box<str>);

impl Arn {
    /// The whole ARN.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The partition, `aws` as a rule.
    #[must_use]
    pub fn partition(&self) -> &str {
        self.part(1)
    }

    /// The service, as `iam`.
    #[must_use]
    pub fn service(&self) -> &str {
        self.part(2)
    }

    /// The region, often empty.
    #[must_use]
    pub fn region(&self) -> &str {
        self.part(3)
    }

    /// The account, empty for S3 buckets and objects.
    #[must_use]
    pub fn account(&self) -> &str {
        self.part(4)
    }

    /// Everything after the fifth colon.
    #[must_use]
    pub fn resource(&self) -> &str {
        self.part(5)
    }

    fn part(&self, index: usize) -> &str {
        self.0.splitn(6, ':').nth(index).unwrap_or_default()
    }
}

impl FromStr for Arn {
    type Err = ParseArnError;

    /// Six parts, `arn` first, partition, service and resource not empty. At most 2,048 bytes, as
    /// STS allows for role ARNs: longer ones are nobody's name.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts = ArnParts::parse(text).ok_or(ParseArnError::Parts)?;
        let [partition, service, _, _, resource] = parts.0;
        if partition.is_empty() || service.is_empty() || resource.is_empty() {
            return Err(ParseArnError::Parts);
        }
        if text.len() > 2048 {
            return Err(ParseArnError::Length);
        }
        Ok(Self(text.into()))
    }
}

impl fmt::Display for Arn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Arn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Arn({})", self.0)
    }
}

/// Text that is no ARN or no account id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ParseArnError {
    /// Not twelve digits.
    #[error("an account id has twelve digits")]
    Account,
    /// Not `arn:partition:service:region:account:resource`.
    #[error("an ARN has six parts between colons, `arn` first")]
    Parts,
    /// Longer than 2,048 bytes.
    #[error("an ARN has at most 2048 bytes")]
    Length,
}

/// The five parts after `arn:`, the last with whatever colons it has.
#[derive(Clone, Copy)]
pub(crate) struct ArnParts<'a>(pub(crate) [&'a str; 5]);

impl<'a> ArnParts<'a> {
    pub(crate) fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.strip_prefix("arn:")?.splitn(5, ':');
        Some(Self([parts.next()?, parts.next()?, parts.next()?, parts.next()?, parts.next()?]))
    }
}

/// A pattern over ARNs. Each of the six parts is a pattern of its own: no wildcard reaches over a
/// colon, except in the last part, where colons are characters like any other.
#[derive(Debug)]
pub(crate) enum ArnPattern {
    /// `*` alone.
    Any,
    /// Five literal parts, with their colons, before the last.
    Head { head: Box<str>, resource: Text },
    /// The general case.
    Parts(Box<[Text; 6]>),
    /// Fewer than six parts: no ARN looks like this.
    Never,
}

impl ArnPattern {
    /// Whether it is one ARN: without wildcards and variables.
    pub(crate) fn is_fixed(&self) -> bool {
        match self {
            Self::Any => false,
            Self::Head { resource, .. } => resource.is_fixed(),
            Self::Parts(parts) => parts.iter().all(Text::is_fixed),
            Self::Never => true,
        }
    }

    /// `None` for fewer than six parts. The text is split before anything is put into it.
    pub(crate) fn parse(text: &str, syntax: Syntax) -> Result<Option<Self>, MalformedVariable> {
        if text == "*" {
            return Ok(Some(Self::Any));
        }
        let texts = split_parts(text, 6, syntax.variables)
            .into_iter()
            .map(|part| Text::parse(part, syntax))
            .collect::<Result<Vec<_>, _>>()?;
        let Ok(parts) = <[Text; 6]>::try_from(texts) else {
            return Ok(None);
        };
        let [
            Text::Exact(prefix),
            Text::Exact(partition),
            Text::Exact(service),
            Text::Exact(region),
            Text::Exact(account),
            resource,
        ] = parts
        else {
            return Ok(Some(Self::Parts(Box::new(parts))));
        };
        if *prefix != *"arn" {
            return Ok(Some(Self::Never));
        }
        let head = format!("arn:{partition}:{service}:{region}:{account}:").into();
        Ok(Some(Self::Head { head, resource }))
    }

    /// Whether it stands for the ARN. Text that is no ARN matches nothing.
    pub(crate) fn matches(&self, arn: &str, lookup: Lookup<'_>) -> Match {
        self.compare(arn, |resource, rest| resource.matches(rest, lookup), lookup)
    }

    /// Whether it stands for the ARNs that begin with `start`, which has all its colons: unclear if only
    /// for some of them.
    pub(crate) fn below(&self, start: &str, lookup: Lookup<'_>) -> Match {
        self.compare(start, |resource, rest| resource.below(rest, lookup), lookup)
    }

    fn compare(
        &self,
        arn: &str,
        resources: impl FnOnce(&Text, &str) -> Match,
        lookup: Lookup<'_>,
    ) -> Match {
        match self {
            Self::Any => ArnParts::parse(arn).is_some().into(),
            Self::Head { head, resource } => match arn.strip_prefix(&**head) {
                Some(rest) => resources(resource, rest),
                None => Match::No,
            },
            Self::Parts(patterns) => {
                let Some(ArnParts([partition, service, region, account, rest])) =
                    ArnParts::parse(arn)
                else {
                    return Match::No;
                };
                let [head @ .., resource] = &**patterns;
                let seen = ["arn", partition, service, region, account];
                let mut worst = Match::Yes;
                for (one, seen) in head.iter().zip(seen) {
                    match one.matches(seen, lookup) {
                        Match::No => return Match::No,
                        other => worst = worst.min(other),
                    }
                }
                resources(resource, rest).min(worst)
            }
            Self::Never => Match::No,
        }
    }

    pub(crate) fn has_variables(&self) -> bool {
        self.texts().any(|text| text.keys().next().is_some())
    }

    /// Its parts that may hold variables.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &Text> {
        let texts = match self {
            Self::Head { resource, .. } => std::slice::from_ref(resource),
            Self::Parts(parts) => parts.as_slice(),
            Self::Any | Self::Never => &[],
        };
        texts.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::{AccountId, Arn, ArnPattern, ParseArnError};
    use crate::Context;
    use crate::context::{Lookup, Value};
    use crate::matched::Match;
    use crate::variable::Syntax;

    /// Each part for itself, the last of them for what follows; the strictest answer is the answer.
    #[test]
    fn parts_before_the_last_colon_count_too() {
        let many = Value::Many(vec!["s3".to_owned()]);
        let context = Context::from_iter([("claims:many", many), ("claims:one", "s3".into())]);
        for (pattern, matches, below) in [
            ("*", Match::Yes, Match::Yes),
            ("arn:aws:s?:*:*:logs/*", Match::Yes, Match::Yes),
            ("arn:aws:s?:*:*:logs/", Match::Yes, Match::Unclear),
            ("arn:aws:s?:*:*:logs/a*", Match::No, Match::Unclear),
            ("arn:aws:s?:*:*:other/*", Match::No, Match::No),
            ("arn:aws:sq?:*:*:logs/*", Match::No, Match::No),
            ("arn:aws:s3:*:?:logs/*", Match::No, Match::No),
            ("arn:aws:${claims:one}:::logs/*", Match::Yes, Match::Yes),
            ("arn:aws:${claims:one}:::logs/a", Match::No, Match::Unclear),
            ("arn:aws:${claims:many}:::logs/*", Match::Unclear, Match::Unclear),
            ("arn:aws:${claims:many}:::other/*", Match::No, Match::No),
            ("arn:aws:${claims:many}:?::logs/*", Match::No, Match::No),
            ("arn:aws:${claims:none}:::logs/*", Match::WithoutValue, Match::WithoutValue),
            ("arn:aws:${claims:none}:::${claims:many}", Match::WithoutValue, Match::WithoutValue),
            ("arn:aws:${claims:none}:::other/*", Match::No, Match::No),
            ("arn:aws:${claims:none}:?::logs/*", Match::No, Match::No),
        ] {
            let syntax = Syntax { wildcards: true, variables: true };
            let parsed = ArnPattern::parse(pattern, syntax).unwrap().unwrap();
            let lookup = Lookup(&[&context]);
            let seen = "arn:aws:s3:::logs/";
            let answers = (parsed.matches(seen, lookup), parsed.below(seen, lookup));
            assert_eq!(answers, (matches, below), "{pattern}");
        }
    }

    #[test]
    fn arns_split_at_the_first_five_colons() {
        let arn: Arn = "arn:aws:s3:::data/a:b::c".parse().unwrap();
        assert_eq!((arn.partition(), arn.service(), arn.region()), ("aws", "s3", ""));
        assert_eq!((arn.account(), arn.resource()), ("", "data/a:b::c"));
    }

    #[test]
    fn other_text_is_no_arn() {
        for text in ["", "*", "arn:aws:s3", "arn:aws:s3:::", "ARN:aws:s3:::b", "arn::s3:::b"] {
            assert_eq!(text.parse::<Arn>(), Err(ParseArnError::Parts), "{text}");
        }
        assert_eq!(
            format!("arn:aws:s3:::{}", "x".repeat(2048)).parse::<Arn>(),
            Err(ParseArnError::Length)
        );
    }

    #[test]
    fn accounts_have_twelve_digits() {
        assert_eq!("012345678901".parse::<AccountId>().unwrap().as_str(), "012345678901");
        for text in ["", "12345678901", "1234567890123", "12345678901x", "12345678901٣"] {
            assert_eq!(text.parse::<AccountId>(), Err(ParseArnError::Account), "{text}");
        }
    }

    #[test]
    fn arns_have_a_region_and_an_account() {
        let text = "arn:aws:sqs:eu-west-1:111122223333:queue";
        let arn: Arn = text.parse().unwrap();
        assert_eq!(
            (arn.as_str(), arn.region(), arn.account()),
            (text, "eu-west-1", "111122223333")
        );
    }

    #[test]
    fn the_longest_arn_that_sts_takes_is_one() {
        let longest = format!("arn:aws:iam::111122223333:role/{}", "x".repeat(2048 - 31));
        assert_eq!(longest.len(), 2048);
        assert!(longest.parse::<Arn>().is_ok());
        assert_eq!(format!("{longest}x").parse::<Arn>(), Err(ParseArnError::Length));
    }
}
