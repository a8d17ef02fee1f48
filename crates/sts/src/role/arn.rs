//! `arn:aws:iam::ACCOUNT:role/PATH/NAME`.

use std::fmt;

use policy::Arn;

/// The ARN of a role. `Display` and [`RoleArn::as_str`] give the whole.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RoleArn(Arn);

impl RoleArn {
    /// Reads an ARN of a role: service `iam`, no region, twelve digits of account, `role/` with a
    /// path and name that are not empty.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let arn: Arn = text.parse().ok()?;
        let account = arn.account();
        let is_account = account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit());
        let name = arn.resource().strip_prefix("role/")?;
        let named =
            !name.split('/').any(str::is_empty) && name.chars().all(|c| c.is_ascii_graphic());
        if arn.service() != "iam" || !arn.region().is_empty() || !is_account || !named {
            return None;
        }
        Some(Self(arn))
    }

    /// The whole ARN.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// `aws`.
    #[must_use]
    pub fn partition(&self) -> &str {
        self.0.partition()
    }

    /// Twelve digits.
    #[must_use]
    pub fn account(&self) -> &str {
        self.0.account()
    }

    /// `/` or `/team/`, with both slashes, as AWS writes paths.
    #[must_use]
    pub fn path(&self) -> &str {
        let resource = self.0.resource();
        let path = resource.strip_prefix("role").unwrap_or(resource);
        path.rfind('/').and_then(|slash| path.get(..=slash)).unwrap_or("/")
    }

    /// The name behind the path.
    #[must_use]
    pub fn name(&self) -> &str {
        self.0.resource().rsplit('/').next().unwrap_or_default()
    }

    /// The ARN of a session of this role, which does not show the path.
    #[must_use]
    pub fn session_arn(&self, session_name: &str) -> String {
        format!(
            "arn:{}:sts::{}:assumed-role/{}/{session_name}",
            self.partition(),
            self.account(),
            self.name()
        )
    }
}

impl fmt::Display for RoleArn {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl fmt::Debug for RoleArn {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "RoleArn({})", self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_a_role_arn() {
        let arn = RoleArn::parse("arn:aws:iam::111122223333:role/a/b/reader").unwrap();
        assert_eq!((arn.account(), arn.path(), arn.name()), ("111122223333", "/a/b/", "reader"));
        assert_eq!(arn.session_arn("alice"), "arn:aws:sts::111122223333:assumed-role/reader/alice");
        let plain = RoleArn::parse("arn:aws:iam::111122223333:role/reader").unwrap();
        assert_eq!((plain.path(), plain.name()), ("/", "reader"));
    }

    #[test]
    fn other_arns_are_no_role() {
        for text in [
            "",
            "not-an-arn-but-long-enough",
            "arn:aws:iam::111122223333:user/a",
            "arn:aws:iam::111122223333:role/",
            "arn:aws:iam::111122223333:role",
            "arn:aws:iam::111122223333:role//a",
            "arn:aws:iam::111122223333:role/a/",
            "arn:aws:iam::11112222333:role/a",
            "arn:aws:iam:eu-west-1:111122223333:role/a",
            "arn:aws:sts::111122223333:assumed-role/a/b",
            "arn:aws:iam::111122223333:role/a b",
            "arn:aws:iam::111122223333:role/a\u{7}b",
        ] {
            assert!(RoleArn::parse(text).is_none(), "{text}");
        }
    }
}
