//! What a shell needs to use the demo, and the text that says so.

use std::fmt::Write as _;
use std::path::PathBuf;

use crate::User;
use crate::configuration::{USER_ROLE, role_arn};
use crate::issuer::CLIENT_ID;
use crate::store::BUCKET;

/// The first line of every environment file, by which the demo knows its own.
pub(crate) const HEADER: &str = "# fakes3pp demo";

/// Where the running demo is, for one user.
pub(crate) struct Exports {
    pub(crate) user: User,
    pub(crate) s3_url: String,
    pub(crate) sts_url: String,
    pub(crate) region: String,
    pub(crate) token_file: PathBuf,
    pub(crate) ca_bundle: Option<PathBuf>,
}

impl Exports {
    /// Names and values, in the order in which they are printed.
    pub(crate) fn variables(&self) -> Vec<(&'static str, String)> {
        let mut variables = vec![
            ("AWS_ENDPOINT_URL_S3", self.s3_url.clone()),
            ("AWS_ENDPOINT_URL_STS", self.sts_url.clone()),
            ("AWS_ROLE_ARN", role_arn(USER_ROLE)),
            ("AWS_ROLE_SESSION_NAME", self.user.name().to_owned()),
            ("AWS_WEB_IDENTITY_TOKEN_FILE", self.token_file.display().to_string()),
            ("AWS_REGION", self.region.clone()),
            // AWS CLI v1 and boto3 read only this one.
            ("AWS_DEFAULT_REGION", self.region.clone()),
        ];
        if let Some(bundle) = &self.ca_bundle {
            variables.push(("AWS_CA_BUNDLE", bundle.display().to_string()));
        }
        variables
    }

    /// The variables as lines for a POSIX shell.
    pub(crate) fn lines(&self) -> String {
        let mut lines = String::new();
        for (name, value) in self.variables() {
            // Writing to a `String` cannot fail.
            let _always_ok = writeln!(lines, "export {name}={}", quote(&value));
        }
        lines
    }

    /// The environment file.
    pub(crate) fn file(&self) -> String {
        format!("{HEADER}: source this in a shell to be {}\n{}", self.user, self.lines())
    }

    /// What the demo prints once everything answers.
    ///
    /// All of it can be pasted: what is not a command is a comment on a line of its own. The
    /// comments have no quotes, globs or parentheses, because zsh takes a pasted comment for a
    /// command.
    pub(crate) fn block(&self, issuer_url: &str, password: &str) -> String {
        let (user, other) = (self.user, self.user.other());
        let denied = match other {
            User::Alice => "hello.txt",
            User::Bob => "secret.txt",
        };
        let ca = if self.ca_bundle.is_some() { "--cacert \"$AWS_CA_BUNDLE\" " } else { "" };
        format!(
            "\
# Ready. Paste this into another shell to be {user}. Ctrl-C here ends it.
# If that shell has keys or a profile already, first: unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN AWS_PROFILE
# and if ~/.aws configures a role: export AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null
{exports}
# Your own prefix works, the prefix of {other} is denied, a presigned URL opens without any keys.
# Why something was denied is in the log below: decided_by names the statement.
aws s3 cp s3://{BUCKET}/{user}/hello.txt -
aws s3 cp s3://{BUCKET}/{other}/{denied} -
curl -sS {ca}\"$(aws s3 presign s3://{BUCKET}/{user}/hello.txt)\"

# A token by hand: curl -sS -d grant_type=password -d client_id={CLIENT_ID} -d username={user} -d password={password} {issuer_url}/token
",
            exports = self.lines(),
        )
    }
}

/// `value` as one word of a POSIX shell.
fn quote(value: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:=@%+,".contains(&byte);
    if !value.is_empty() && value.bytes().all(plain) {
        return value.to_owned();
    }
    format!("'{}'", value.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_one_word() {
        assert_eq!(quote("http://127.0.0.1:80/a-b_c"), "http://127.0.0.1:80/a-b_c");
        assert_eq!(quote("/tmp/a b"), "'/tmp/a b'");
        assert_eq!(quote("it's $HOME"), r"'it'\''s $HOME'");
        assert_eq!(quote(""), "''");
        assert_eq!(quote("[::1]"), "'[::1]'");
    }
}
