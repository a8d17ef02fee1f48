//! Static service accounts.

use std::sync::Arc;

/// One service account.
#[derive(Clone, Debug)]
pub struct User {
    /// Its name.
    pub name: String,
    /// `arn:aws:iam::ACCOUNT:user/NAME`.
    pub arn: String,
    /// The access key id that it uses.
    pub access_key: sigv4::AccessKeyId,
    /// The secret access key that it uses.
    pub secret: sigv4::SecretKey,
    /// Its identity policies, at least one.
    pub policies: Vec<Arc<policy::Policy>>,
}
