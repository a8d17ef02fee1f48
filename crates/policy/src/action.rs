//! Actions: `service:Name`, without regard to ASCII case.

use crate::context::Lookup;
use crate::error::{Problem, shown};
use crate::matched::Match;
use crate::variable::{Syntax, Text};

/// A pattern over actions, lower case.
#[derive(Debug)]
pub(crate) struct ActionPattern(Text);

impl ActionPattern {
    /// `*`, or a service without wildcards, a colon and a name that may have some. `foreign` takes
    /// what AWS takes beyond that: `*` as a service and an empty name.
    pub(crate) fn parse(text: &str, foreign: bool) -> Result<Self, Problem> {
        if text != "*" {
            check(text, foreign)?;
        }
        let syntax = Syntax { wildcards: true, variables: false };
        // Without variables nothing can be malformed.
        Text::parse(&text.to_ascii_lowercase(), syntax)
            .map(Self)
            .map_err(|_| Problem::MalformedVariable(shown(text)))
    }

    /// Whether it stands for the action, which must be lower case.
    pub(crate) fn matches(&self, action: &str) -> bool {
        self.0.matches(action, Lookup(&[])) == Match::Yes
    }

    /// Whether it could stand for an action of one of these services, lower case.
    pub(crate) fn may_be_of(&self, services: &[&str]) -> bool {
        match self.0.lead().split_once(':') {
            Some((service, _)) => services.contains(&service),
            None => true,
        }
    }
}

fn check(text: &str, foreign: bool) -> Result<(), Problem> {
    let Some((service, name)) = text.split_once(':') else {
        return Err(Problem::ActionWithoutService(shown(text)));
    };
    if !foreign && text.contains("${") {
        return Err(Problem::VariableNotAllowed(shown(text)));
    }
    if name.contains(':') {
        return Err(Problem::ActionColons(shown(text)));
    }
    let is_service = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'.';
    let known = service.bytes().all(is_service) || (foreign && service == "*");
    if !known {
        return Err(Problem::ActionService(shown(service)));
    }
    if !foreign && (service.is_empty() || name.is_empty()) {
        return Err(Problem::ActionWithoutService(shown(text)));
    }
    Ok(())
}

/// The service that an action's pattern names, lower case; `None` for `*`.
pub(crate) fn service(text: &str) -> Option<String> {
    text.split_once(':').map(|(service, _)| service.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::ActionPattern;

    #[test]
    fn patterns_are_of_services() {
        for (pattern, expected) in [
            ("*", true),
            ("s3:*", true),
            ("S3:GetObject", true),
            ("s3:?etObject", true),
            ("s3express:CreateSession", false),
            ("ec2:*", false),
        ] {
            let pattern = ActionPattern::parse(pattern, false).unwrap();
            assert_eq!(pattern.may_be_of(&["sts", "s3"]), expected, "{pattern:?}");
        }
    }
    use crate::Problem;

    fn matches(pattern: &str, action: &str) -> bool {
        ActionPattern::parse(pattern, false).unwrap().matches(&action.to_ascii_lowercase())
    }

    #[test]
    fn a20_actions_are_matched_whole() {
        assert!(matches("s3:GetObject", "S3:GETOBJECT") && matches("*", "sts:AssumeRole"));
        assert!(
            matches("s3:Get*", "s3:GetObjectVersion") && matches("s3:?etObject", "s3:GetObject")
        );
        assert!(!matches("s3:GetObject", "s3:GetObjectAcl"));
        assert!(!matches("s3:Get", "s3:GetObject") && !matches("s3:*", "s3x:GetObject"));
    }

    #[test]
    fn actions_name_one_service() {
        for (text, expected) in [
            ("", Problem::ActionWithoutService(String::new())),
            ("GetObject", Problem::ActionWithoutService("GetObject".into())),
            ("s3:", Problem::ActionWithoutService("s3:".into())),
            ("s3:Get:Object", Problem::ActionColons("s3:Get:Object".into())),
            ("a a:Get", Problem::ActionService("a a".into())),
            ("s*:Get", Problem::ActionService("s*".into())),
            ("*:Get", Problem::ActionService("*".into())),
            ("s3:${aws:x}", Problem::VariableNotAllowed("s3:${aws:x}".into())),
        ] {
            assert_eq!(ActionPattern::parse(text, false).err(), Some(expected));
        }
        for text in ["iam: asdf safdsf af ", "s3.s:List", "service-prefix:action-name"] {
            assert!(ActionPattern::parse(text, false).is_ok(), "{text}");
        }
        assert!(ActionPattern::parse("*:Get*", true).is_ok());
    }
}
