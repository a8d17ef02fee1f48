//! What AWS says to a mistake.

use std::borrow::Cow;

use super::Problem;

/// AWS checks a document in this order and reports the first kind of mistake only.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stage {
    Syntax,
    Version,
    Legacy,
    Sid,
    NoActions,
    Resources,
    Actions,
    NoResources,
    Ours,
}

impl Problem {
    pub(super) fn stage(&self) -> Stage {
        match self {
            Self::NotJson(_)
            | Self::TooDeep { .. }
            | Self::Duplicate(_)
            | Self::UnknownElement(_)
            | Self::Missing(_)
            | Self::WrongType(_)
            | Self::Empty
            | Self::Both(..)
            | Self::UnknownVersion(_)
            | Self::UnknownEffect(_)
            | Self::UnknownOperator(_) => Stage::Syntax,
            Self::OldVersion => Stage::Version,
            Self::EffectCase(_) | Self::NotDate(_) | Self::ResourceParts(_) => Stage::Legacy,
            Self::DuplicateSid(_) => Stage::Sid,
            Self::NoActions => Stage::NoActions,
            Self::ResourceNotArn(_)
            | Self::Partition { .. }
            | Self::ResourceService(_)
            | Self::ResourceRegion { .. }
            | Self::IamPath(_) => Stage::Resources,
            Self::ActionWithoutService(_) | Self::ActionColons(_) | Self::ActionService(_) => {
                Stage::Actions
            }
            Self::NoResources => Stage::NoResources,
            Self::TooLong { .. }
            | Self::TooLarge { .. }
            | Self::Prohibited { .. }
            | Self::SidCharacters(_)
            | Self::ForeignAction { .. }
            | Self::ForeignResource { .. }
            | Self::VariableNotAllowed(_)
            | Self::MalformedVariable(_)
            | Self::UnknownPrincipal(_)
            | Self::PrincipalWildcard(_)
            | Self::PrincipalKind { .. }
            | Self::NotPrincipalAllow
            | Self::NullCombined
            | Self::UnknownKey(_)
            | Self::KeyColons(_)
            | Self::KeyTwice(_)
            | Self::NeedsSetOperator(_)
            | Self::NotNumber(_)
            | Self::NotBool(_)
            | Self::NotBinary(_)
            | Self::NotIp(_)
            | Self::NotArnPattern(_) => Stage::Ours,
        }
    }

    /// What AWS says to it (`MalformedPolicyDocument`), or our own text where AWS has none.
    #[must_use]
    pub fn aws_message(&self) -> Cow<'static, str> {
        let fixed = match self.stage() {
            Stage::Syntax => "Syntax errors in policy.",
            Stage::Version => "Policy document must be version 2012-10-17 or greater.",
            Stage::Legacy => "The policy failed legacy parsing",
            Stage::Sid => "Statement IDs (SID) in a single policy must be unique.",
            Stage::NoActions => "Policy statement must contain actions.",
            Stage::NoResources => "Policy statement must contain resources.",
            Stage::Resources | Stage::Actions | Stage::Ours => return self.own_aws_message(),
        };
        Cow::Borrowed(fixed)
    }

    fn own_aws_message(&self) -> Cow<'static, str> {
        Cow::Owned(match self {
            Self::ResourceNotArn(resource) => {
                format!("Resource {resource} must be in ARN format or \"*\".")
            }
            Self::Partition { resource, partition } => format!(
                "Partition \"{partition}\" is not valid for resource \"{}\".",
                six_parts(resource)
            ),
            Self::ResourceService(_) => {
                "Resource vendor must be fully qualified and cannot contain regexes.".to_owned()
            }
            Self::ResourceRegion { resource, service: "iam" } => {
                format!("IAM resource {resource} cannot contain region information.")
            }
            Self::ResourceRegion { resource, .. } => {
                format!("Resource {resource} can not contain region information.")
            }
            Self::IamPath(_) => format!(
                "IAM resource path must either be \"*\" or start with {}.",
                crate::arn::IAM_TYPES.join(", ")
            ),
            Self::ActionWithoutService(_) => {
                "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."
                    .to_owned()
            }
            Self::ActionColons(_) | Self::KeyColons(_) => {
                "Actions/Condition can contain only one colon.".to_owned()
            }
            Self::ActionService(service) => format!("Vendor {service} is not valid"),
            Self::Prohibited { element: "Principal" | "NotPrincipal", kind }
                if *kind != "trust" =>
            {
                "Policy document should not specify a principal.".to_owned()
            }
            Self::Prohibited { element, .. } => format!("Has prohibited field {element}."),
            other => other.to_string(),
        })
    }
}

/// The resource as AWS shows it when it complains about the partition: what stands before the
/// first colon is `arn`, and parts that are missing are `*`.
fn six_parts(resource: &str) -> String {
    let mut parts = resource.splitn(6, ':').skip(1);
    let partition = parts.next().unwrap_or_default();
    let rest: Vec<&str> = parts.collect();
    let mut shown = format!("arn:{partition}");
    for index in 0..4 {
        shown.push(':');
        // A lone empty part counts as missing.
        let alone = rest.len() == 1;
        shown.push_str(match rest.get(index) {
            Some(part) if !(alone && part.is_empty()) => part,
            _ => "*",
        });
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::six_parts;
    use crate::{Kind, Policy};

    #[test]
    fn partition_message_fills_missing_parts() {
        assert_eq!(six_parts("a:b"), "arn:b:*:*:*:*");
        assert_eq!(six_parts("a:b:c"), "arn:b:c:*:*:*");
        assert_eq!(six_parts("a:b:c:d:e:f:g:h"), "arn:b:c:d:e:f:g:h");
        assert_eq!(six_parts("aws:s3:::bucket"), "arn:s3:::bucket:*");
        assert_eq!(six_parts("arn:error:s3:::bucket"), "arn:error:s3:::bucket");
    }

    #[test]
    fn only_what_is_attached_to_its_principal_cannot_have_one() {
        let message = |kind, rest: &str| {
            let text = format!(
                r#"{{"Statement":{{"Effect":"Deny","NotPrincipal":"*","Action":"sts:*"{rest}}}}}"#
            );
            Policy::load(kind, "test", &text).unwrap_err().aws_message().into_owned()
        };
        assert_eq!(
            message(Kind::Identity, r#","Resource":"*""#),
            "Policy document should not specify a principal."
        );
        assert_eq!(message(Kind::Trust, ""), "Has prohibited field NotPrincipal.");
    }
}
