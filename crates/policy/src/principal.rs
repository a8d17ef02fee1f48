//! Who asks, and whom a statement names.

use crate::arn::{ArnParts, is_account};

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Principal {
    /// A session of a role.
    Session {
        /// `arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION`.
        session_arn: String,
        /// `arn:aws:iam::ACCOUNT:role/PATH/ROLE`, compared exactly. Empty where only the session's
        /// ARN is known, which has no path: the role is then compared by account and name.
        role_arn: String,
        /// The account's twelve digits.
        account: String,
    },
    /// A user with keys of its own.
    User {
        /// `arn:aws:iam::ACCOUNT:user/NAME`.
        arn: String,
        /// The account's twelve digits.
        account: String,
    },
    /// The holder of a token from an identity provider, who is nobody yet and asks for a role.
    Federated {
        /// `arn:aws:iam::ACCOUNT:oidc-provider/HOST/PATH`.
        provider_arn: String,
    },
    /// Nobody.
    Anonymous,
}

impl Principal {
    /// The principal that an ARN names: a session, a user or an identity provider.
    #[must_use]
    pub fn from_arn(arn: &str) -> Option<Self> {
        let [_, service, _, account, resource] = ArnParts::parse(arn)?.0;
        match (service, resource.split_once('/')?.0) {
            ("sts", "assumed-role") => Some(Self::Session {
                session_arn: arn.to_owned(),
                role_arn: String::new(),
                account: account.to_owned(),
            }),
            ("iam", "user") => {
                Some(Self::User { arn: arn.to_owned(), account: account.to_owned() })
            }
            ("iam", "oidc-provider" | "saml-provider") => {
                Some(Self::Federated { provider_arn: arn.to_owned() })
            }
            _ => None,
        }
    }

    /// The account, empty for a caller who has none.
    #[must_use]
    pub fn account(&self) -> &str {
        match self {
            Self::Session { account, .. } | Self::User { account, .. } => account,
            Self::Federated { .. } | Self::Anonymous => "",
        }
    }
}

/// The `Principal` or `NotPrincipal` of a statement.
#[derive(Debug, Default)]
pub(crate) struct PrincipalPattern {
    /// `*` or `{"AWS": "*"}`.
    pub(crate) anybody: bool,
    pub(crate) named: Vec<Named>,
}

/// One principal that a statement names.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Named {
    /// All of an account, as a number or `:root`.
    Account(String),
    /// A user, or a session.
    Caller(String),
    /// A role: its sessions.
    Role(String),
    /// An identity provider, by ARN or well-known name.
    Federated(String),
    /// A service, which never calls here; or a name that nobody has.
    Nobody(String),
}

/// How directly a statement reaches a caller. The order is that of strength.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Reach {
    /// Names the account: by itself grants nothing inside the account.
    Account,
    /// Names the role: boundary and session policy limit it.
    Role,
    /// Names the session, the user, the identity provider, or everybody.
    Direct,
}

impl PrincipalPattern {
    /// How an Allow reaches a caller. A `*` does not reach the holder of a foreign token: AWS
    /// leaves that undefined, and a provider must be named to be trusted.
    pub(crate) fn allows(&self, caller: &Principal) -> Option<Reach> {
        if self.anybody && !matches!(caller, Principal::Federated { .. }) {
            return Some(Reach::Direct);
        }
        self.named.iter().filter_map(|named| named.reach(caller)).max()
    }

    /// Whether a Deny reaches a caller.
    pub(crate) fn denies(&self, caller: &Principal) -> bool {
        self.anybody || self.named.iter().any(|named| named.reach(caller).is_some())
    }

    /// Whether a `NotPrincipal` spares a caller: everything that the caller is must be listed, for
    /// a session its own ARN, its role and its account; for a user its ARN and its account.
    pub(crate) fn spares(&self, caller: &Principal) -> bool {
        let lists = |wanted: Reach| {
            self.named.iter().any(|named| named.reach(caller).is_some_and(|reach| reach == wanted))
        };
        match caller {
            Principal::Session { .. } => {
                lists(Reach::Direct) && lists(Reach::Role) && lists(Reach::Account)
            }
            Principal::User { .. } => lists(Reach::Direct) && lists(Reach::Account),
            Principal::Federated { .. } => lists(Reach::Direct),
            Principal::Anonymous => false,
        }
    }
}

impl Named {
    fn reach(&self, caller: &Principal) -> Option<Reach> {
        let (matches, reach) = match (self, caller) {
            (Self::Account(id), Principal::Session { account, .. })
            | (Self::Account(id), Principal::User { account, .. }) => {
                (id == account, Reach::Account)
            }
            (Self::Caller(arn), Principal::Session { session_arn, .. }) => {
                (arn == session_arn, Reach::Direct)
            }
            (Self::Caller(named), Principal::User { arn, .. }) => (named == arn, Reach::Direct),
            (Self::Role(arn), Principal::Session { session_arn, role_arn, .. }) => {
                (is_role_of(arn, session_arn, role_arn), Reach::Role)
            }
            (Self::Federated(name), Principal::Federated { provider_arn }) => {
                (is_provider(name, provider_arn), Reach::Direct)
            }
            (
                Self::Account(_)
                | Self::Caller(_)
                | Self::Role(_)
                | Self::Federated(_)
                | Self::Nobody(_),
                _,
            ) => return None,
        };
        matches.then_some(reach)
    }
}

/// Whether a session is one of the role. The session's ARN has the role's name but not its path.
fn is_role_of(named: &str, session_arn: &str, role_arn: &str) -> bool {
    if !role_arn.is_empty() {
        return named == role_arn;
    }
    let role = ArnParts::parse(named).and_then(|ArnParts([_, _, _, account, resource])| {
        let name = resource.strip_prefix("role/")?.rsplit('/').next()?;
        Some((account, name))
    });
    let session =
        ArnParts::parse(session_arn).and_then(|ArnParts([_, _, _, account, resource])| {
            let (name, _) = resource.strip_prefix("assumed-role/")?.split_once('/')?;
            Some((account, name))
        });
    role.is_some() && role == session
}

/// Reads one entry of `{"AWS": ...}`; `None` if it is no principal. `*` is the caller's to handle.
pub(crate) fn named_aws(text: &str) -> Option<Named> {
    if is_account(text) {
        return Some(Named::Account(text.to_owned()));
    }
    let [partition, service, region, account, resource] = ArnParts::parse(text)?.0;
    if partition != "aws" || !region.is_empty() || !is_account(account) {
        return None;
    }
    let typed = |prefix: &str| resource.strip_prefix(prefix).is_some_and(|name| !name.is_empty());
    match service {
        "iam" if resource == "root" => Some(Named::Account(account.to_owned())),
        "iam" if typed("user/") => Some(Named::Caller(text.to_owned())),
        "iam" if typed("role/") => Some(Named::Role(text.to_owned())),
        // A role's name and a session's.
        "sts" if typed("assumed-role/") && resource.split('/').all(|part| !part.is_empty()) => {
            (resource.split('/').count() == 3).then(|| Named::Caller(text.to_owned()))
        }
        "sts" if typed("federated-user/") => Some(Named::Nobody(text.to_owned())),
        _ => None,
    }
}

/// Providers that AWS knows by name, without an ARN in the account.
const WELL_KNOWN: [&str; 4] = [
    "accounts.google.com",
    "cognito-identity.amazonaws.com",
    "graph.facebook.com",
    "www.amazon.com",
];

/// Exact: no prefix, no trailing slash, no case. A well-known name is also the provider of that
/// name in any account.
fn is_provider(named: &str, provider_arn: &str) -> bool {
    named == provider_arn
        || (WELL_KNOWN.contains(&named)
            && provider_arn.split_once(":oidc-provider/").is_some_and(|(_, name)| name == named))
}

/// Reads one entry of `{"Federated": ...}`; `None` if it is no identity provider.
pub(crate) fn named_federated(text: &str) -> Option<Named> {
    let is_arn = |text: &str| {
        let [partition, service, region, account, resource] = ArnParts::parse(text)?.0;
        let name = resource
            .strip_prefix("oidc-provider/")
            .or_else(|| resource.strip_prefix("saml-provider/"))?;
        let valid = partition == "aws"
            && service == "iam"
            && region.is_empty()
            && is_account(account)
            && !name.is_empty();
        Some(valid)
    };
    (WELL_KNOWN.contains(&text) || is_arn(text) == Some(true))
        .then(|| Named::Federated(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::{Named, Principal, PrincipalPattern, Reach, named_aws, named_federated};

    const ACCOUNT: &str = "111122223333";

    fn session(role_arn: &str) -> Principal {
        Principal::Session {
            session_arn: "arn:aws:sts::111122223333:assumed-role/reader/alice".into(),
            role_arn: role_arn.into(),
            account: ACCOUNT.into(),
        }
    }

    fn pattern(entries: &[&str]) -> PrincipalPattern {
        PrincipalPattern {
            anybody: false,
            named: entries.iter().map(|entry| named_aws(entry).unwrap()).collect(),
        }
    }

    #[test]
    fn a_role_is_exact_where_its_path_is_known() {
        let with_path = pattern(&["arn:aws:iam::111122223333:role/app/reader"]);
        assert_eq!(with_path.allows(&session("")), Some(Reach::Role));
        assert_eq!(
            with_path.allows(&session("arn:aws:iam::111122223333:role/app/reader")),
            Some(Reach::Role)
        );
        assert_eq!(with_path.allows(&session("arn:aws:iam::111122223333:role/reader")), None);
        let other_account = pattern(&["arn:aws:iam::444455556666:role/reader"]);
        assert_eq!(other_account.allows(&session("")), None);
    }

    #[test]
    fn the_strongest_name_counts() {
        let both = pattern(&[ACCOUNT, "arn:aws:sts::111122223333:assumed-role/reader/alice"]);
        assert_eq!(both.allows(&session("")), Some(Reach::Direct));
    }

    #[test]
    fn not_principal_spares_only_who_is_listed_in_full() {
        let entries = [
            "arn:aws:sts::111122223333:assumed-role/reader/alice",
            "arn:aws:iam::111122223333:role/reader",
            "arn:aws:iam::111122223333:root",
        ];
        assert!(pattern(&entries).spares(&session("")));
        for left_out in 0..entries.len() {
            let mut fewer = entries.to_vec();
            fewer.remove(left_out);
            assert!(!pattern(&fewer).spares(&session("")), "{left_out}");
        }
        assert!(!pattern(&entries).spares(&Principal::Anonymous));
        let user = Principal::User {
            arn: "arn:aws:iam::111122223333:user/ci".into(),
            account: ACCOUNT.into(),
        };
        assert!(pattern(&["arn:aws:iam::111122223333:user/ci", ACCOUNT]).spares(&user));
        assert!(!pattern(&["arn:aws:iam::111122223333:user/ci"]).spares(&user));
    }

    #[test]
    fn everybody_is_not_a_foreign_token() {
        let anybody = PrincipalPattern { anybody: true, named: Vec::new() };
        let token = Principal::Federated { provider_arn: "arn:aws:iam::1:oidc-provider/x".into() };
        assert_eq!(anybody.allows(&token), None);
        assert!(anybody.denies(&token));
        assert_eq!(anybody.allows(&Principal::Anonymous), Some(Reach::Direct));
    }

    #[test]
    fn names_are_accounts_users_roles_and_sessions() {
        assert_eq!(named_aws(ACCOUNT), Some(Named::Account(ACCOUNT.into())));
        assert_eq!(
            named_aws("arn:aws:iam::111122223333:root"),
            Some(Named::Account(ACCOUNT.into()))
        );
        for text in [
            "",
            "*",
            "11112222333",
            "arn:aws:iam::111122223333:group/g",
            "arn:aws:iam::111122223333:user/",
            "arn:aws:iam::111122223333:role",
            "arn:aws:iam:us-east-1:111122223333:user/u",
            "arn:aws-cn:iam::111122223333:user/u",
            "arn:aws:iam::*:user/u",
            "arn:aws:s3:::bucket",
            "arn:aws:sts::111122223333:assumed-role//alice",
            "arn:aws:sts::111122223333:assumed-role/reader/",
            "arn:aws:sts::111122223333:federated-user/",
            "arn:aws:sts::111122223333:session/reader/alice",
            "AIDACKCEVSQ6C2EXAMPLE",
        ] {
            assert_eq!(named_aws(text), None, "{text}");
        }
        // AWS has them, and none of them calls here.
        let federated = "arn:aws:sts::111122223333:federated-user/bob";
        assert_eq!(named_aws(federated), Some(Named::Nobody(federated.into())));
    }

    #[test]
    fn arns_name_callers() {
        assert_eq!(
            Principal::from_arn("arn:aws:sts::111122223333:assumed-role/reader/alice"),
            Some(session(""))
        );
        assert_eq!(Principal::from_arn("arn:aws:iam::111122223333:role/reader"), None);
        assert_eq!(
            Principal::from_arn("arn:aws:iam::111122223333:user/ci").unwrap().account(),
            ACCOUNT
        );
    }

    #[test]
    fn a_well_known_name_is_that_provider_in_any_account() {
        let reaches = |name: &str, provider: &str| {
            let named = named_federated(name).unwrap();
            let pattern = PrincipalPattern { anybody: false, named: vec![named] };
            let provider_arn = format!("arn:aws:iam::111122223333:oidc-provider/{provider}");
            pattern.allows(&Principal::Federated { provider_arn }) == Some(Reach::Direct)
        };
        assert!(reaches("accounts.google.com", "accounts.google.com"));
        assert!(!reaches("accounts.google.com", "www.amazon.com"));
        assert!(!reaches("accounts.google.com", "accounts.google.com/x"));
        let elsewhere = "arn:aws:iam::444455556666:oidc-provider/accounts.google.com";
        assert!(!reaches(elsewhere, "accounts.google.com"));
    }

    #[test]
    fn providers_are_arns_of_iam() {
        for kind in ["oidc-provider", "saml-provider"] {
            let arn = format!("arn:aws:iam::111122223333:{kind}/kc.example.com");
            assert_eq!(named_federated(&arn), Some(Named::Federated(arn)));
        }
        for text in [
            "",
            "kc.example.com",
            "arn:aws-cn:iam::111122223333:oidc-provider/kc.example.com",
            "arn:aws:sts::111122223333:oidc-provider/kc.example.com",
            "arn:aws:iam:eu-west-1:111122223333:oidc-provider/kc.example.com",
            "arn:aws:iam::1111:oidc-provider/kc.example.com",
            "arn:aws:iam::111122223333:oidc-provider/",
            "arn:aws:iam::111122223333:role/reader",
        ] {
            assert_eq!(named_federated(text), None, "{text}");
        }
    }
}
