//! Which condition keys the gateway fills, and from what: one table, for the rules at load and for
//! SEMANTICS.md. A key that is not in it is never there: a Deny on it would be silently inert and
//! does not load (A60).

use sts::web_identity::ProviderRules;

/// One condition key that the gateway fills.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FilledKey {
    /// Its name; one that ends in `/` stands for all keys that begin with it.
    pub name: &'static str,
    /// What it is filled from, and when, as a sentence's end.
    pub from: &'static str,
    /// Where.
    pub at: Filled,
    /// What values it has.
    pub values: Values,
}

impl FilledKey {
    /// Whether `key` is this, or one of these, whatever its case.
    fn is_named(&self, key: &str) -> bool {
        match self.name.strip_suffix('/') {
            Some(_) => starts_with(key, self.name) && key.len() > self.name.len(),
            None => key.eq_ignore_ascii_case(self.name),
        }
    }

    /// A key with values of that kind.
    const fn of(self, values: Values) -> Self {
        Self { values, ..self }
    }
}

/// What values a condition key has: by that `lint` finds conditions that never hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Values {
    /// Any text.
    Text,
    /// Decimal numbers.
    Number,
    /// ISO 8601.
    Date,
    /// `true` and `false`.
    Bool,
    /// IP addresses.
    Address,
    /// ARNs.
    Arn,
    /// These, which are all of AWS's, whether or not they occur here.
    Words(&'static [&'static str]),
    /// Those of a request header, as [`s3::words_of_header`] has them.
    OfHeader(&'static str),
}

/// Where a key is filled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filled {
    /// In policies, at each S3 request, and in the `when` of a store's credentials.
    Request,
    /// About the caller: as `Request`, and in trust policies at AssumeRole.
    Caller,
    /// In policies, at each S3 request: it belongs to one of the checks of the operation.
    Check,
    /// In trust policies, at the login, and in policies for one of the checks of an operation or of AssumeRole.
    LoginAndCheck,
    /// At the login, and at each S3 request.
    Both,
}

impl Filled {
    /// Whether a document of this kind sees the key.
    fn is_seen_by(self, reader: Reader) -> bool {
        match reader {
            Reader::Trust => {
                matches!(self, Self::LoginAndCheck | Self::Caller | Self::Both)
            }
            Reader::Permission => true,
            Reader::StoreCredential => matches!(self, Self::Request | Self::Caller | Self::Both),
        }
    }

    /// For the table in SEMANTICS.md.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Request => "policies, store credentials",
            Self::Caller => "trust policies (AssumeRole), policies, store credentials",
            Self::Check => "policies",
            Self::LoginAndCheck => "trust policies, policies",
            Self::Both => "trust policies, policies, store credentials",
        }
    }
}

/// What kind of document asks for a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader {
    /// A trust policy.
    Trust,
    /// A policy of a role or user, or a boundary.
    Permission,
    /// The `when` of a store's credential.
    StoreCredential,
}

/// Keys that depend on who stands in front of the gateway: without `trusted_proxies` nobody has
/// said whom to believe, and a policy that uses one does not load (A16).
pub const NEED_TRUSTED_PROXIES: [&str; 3] =
    ["aws:SourceIp", "aws:SecureTransport", "s3:TlsVersion"];

const fn key(name: &'static str, at: Filled, from: &'static str) -> FilledKey {
    FilledKey { name, from, at, values: Values::Text }
}

/// AWS's table of principal types; not all of them exist here.
const PRINCIPAL_TYPES: &[&str] =
    &["Account", "User", "FederatedUser", "AssumedRole", "Role", "Anonymous"];
/// Where a signature can stand (Amazon S3 API Reference, *Authentication Specific Policy Keys*).
const AUTH_TYPES: &[&str] = &["REST-HEADER", "REST-QUERY-STRING", "POST"];
/// Of the same page.
const SIGNATURE_VERSIONS: &[&str] = &["AWS", "AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256"];

/// The values of a key that has closed ones or a type; [`Values::Text`] for all others.
pub fn values_of(key: &str) -> Values {
    let known = FILLED_KEYS.iter().find(|known| known.name.eq_ignore_ascii_case(key));
    known.map_or(Values::Text, |known| known.values)
}

/// Every key but those of claims, which [`is_filled`] knows from the providers.
pub const FILLED_KEYS: &[FilledKey] = &[
    key(
        "aws:SourceIp",
        Filled::Both,
        "the client's address; behind `trusted_proxies` the right-most address of `X-Forwarded-For` that is none of them; unknown after a forwarding header from anybody else",
    ).of(Values::Address),
    key(
        "aws:SecureTransport",
        Filled::Both,
        "whether the client speaks TLS; behind `trusted_proxies` what `X-Forwarded-Proto` says",
    ).of(Values::Bool),
    key("aws:CurrentTime", Filled::Both, "the instant of the request").of(Values::Date),
    key("aws:EpochTime", Filled::Both, "the same in seconds since 1970").of(Values::Number),
    key("aws:UserAgent", Filled::Both, "the header `User-Agent`, when sent; unknown if it is repeated, no text, or beyond 2,048 bytes"),
    key("aws:Referer", Filled::Both, "the header `Referer`, when sent; unknown if it is repeated, no text, or beyond 2,048 bytes"),
    key(
        "sts:RoleSessionName",
        Filled::LoginAndCheck,
        "the parameter `RoleSessionName`; in policies of AssumeRole",
    ),
    key(
        "sts:SourceIdentity",
        Filled::LoginAndCheck,
        "the token's claim `https://aws.amazon.com/source_identity`, or the parameter `SourceIdentity` of AssumeRole, if there; also what a chained session inherits",
    ),
    key("sts:ExternalId", Filled::LoginAndCheck, "the parameter `ExternalId` of AssumeRole, if there"),
    key(
        "aws:RequestTag/",
        Filled::LoginAndCheck,
        "the session tags of the token or of AssumeRole, or the tags of CreateBucket, one key a tag",
    ),
    key("aws:TagKeys", Filled::LoginAndCheck, "the keys of these tags, a list, if there are tags"),
    key(
        "sts:TransitiveTagKeys",
        Filled::LoginAndCheck,
        "the transitive tag keys of the token or of AssumeRole, a list, if there are any",
    ),
    key(
        "aws:RequestedRegion",
        Filled::Caller,
        "a region that means the store which is asked: the signed one if it does, else the store's first; of a call to STS the signed one",
    ),
    key(
        "aws:PrincipalArn",
        Filled::Caller,
        "the ARN of the session's role, path included, or of the user; not for anonymous callers",
    ).of(Values::Arn),
    key(
        "aws:PrincipalAccount",
        Filled::Caller,
        "the account in that ARN; `anonymous` for anonymous callers",
    ),
    key("aws:PrincipalType", Filled::Caller, "`AssumedRole`, `User` or `Anonymous`").of(Values::Words(PRINCIPAL_TYPES)),
    key(
        "aws:userid",
        Filled::Caller,
        "`ROLEID:SESSION` of a session, the id of a user (`AIDA...`); `anonymous` for anonymous callers",
    ),
    key("aws:username", Filled::Caller, "the name of a user; not for sessions"),
    key(
        "aws:PrincipalTag/",
        Filled::Caller,
        "the tags of the session, over those of its role, one key a tag",
    ),
    key(
        "aws:FederatedProvider",
        Filled::Caller,
        "the ARN of the identity provider with whose token a session's role was assumed; not along a chain of roles",
    ).of(Values::Arn),
    key("aws:TokenIssueTime", Filled::Caller, "when temporary keys were issued").of(Values::Date),
    key("aws:MultiFactorAuthPresent", Filled::Caller, "`false` for temporary keys").of(Values::Bool),
    key("aws:SourceIdentity", Filled::Caller, "the source identity of a session, if it has one"),
    key("aws:PrincipalIsAWSService", Filled::Caller, "`false`; not for anonymous callers").of(Values::Bool),
    key("aws:ViaAWSService", Filled::Both, "`false`").of(Values::Bool),
    key("aws:ResourceAccount", Filled::Both, "our account"),
    key("s3:ResourceAccount", Filled::Request, "our account"),
    key(
        "s3:authType",
        Filled::Check,
        "`REST-HEADER`, `REST-QUERY-STRING`, or `POST` of a form; not for anonymous callers",
    ).of(Values::Words(AUTH_TYPES)),
    key(
        "s3:signatureversion",
        Filled::Check,
        "`AWS4-HMAC-SHA256`, `AWS4-ECDSA-P256-SHA256` for SigV4a, or `AWS` for HMACv1; not for anonymous callers",
    ).of(Values::Words(SIGNATURE_VERSIONS)),
    key(
        "s3:signatureAge",
        Filled::Check,
        "milliseconds since the signature was made; 0 for HMACv1 that is not in the header; not for anonymous callers",
    ).of(Values::Number),
    key(
        "s3:x-amz-content-sha256",
        Filled::Check,
        "the header of that name; `UNSIGNED-PAYLOAD` of presigned URLs",
    ),
    key(
        "s3:TlsVersion",
        Filled::Both,
        "`1.2` or `1.3` of a client that speaks TLS with the gateway itself",
    ).of(Values::Number),
    key("s3:prefix", Filled::Check, "the query parameter `prefix` of a listing, if there"),
    key("s3:delimiter", Filled::Check, "the query parameter `delimiter` of a listing, if there"),
    key("s3:max-keys", Filled::Check, "the query parameter `max-keys` of a listing, else 1000").of(Values::Number),
    key(
        "s3:versionid",
        Filled::Check,
        "the version that is asked for, also in a copy source and of each object of DeleteObjects, if there",
    ),
    key("s3:x-amz-acl", Filled::Check, "the header of that name, if there").of(Values::OfHeader("x-amz-acl")),
    key("s3:x-amz-grant-full-control", Filled::Check, "the header of that name, if there"),
    key("s3:x-amz-grant-read", Filled::Check, "the header of that name, if there"),
    key("s3:x-amz-grant-read-acp", Filled::Check, "the header of that name, if there"),
    key("s3:x-amz-grant-write", Filled::Check, "the header of that name, if there"),
    key("s3:x-amz-grant-write-acp", Filled::Check, "the header of that name, if there"),
    key(
        "s3:x-amz-copy-source",
        Filled::Check,
        "the copy source as `BUCKET/KEY`, decoded, without version",
    ),
    key("s3:x-amz-metadata-directive", Filled::Check, "the header of that name, if there").of(Values::OfHeader("x-amz-metadata-directive")),
    key("s3:x-amz-server-side-encryption", Filled::Check, "the header of that name, or the document of UpdateObjectEncryption, if there").of(Values::OfHeader("x-amz-server-side-encryption")),
    key(
        "s3:x-amz-server-side-encryption-aws-kms-key-id",
        Filled::Check,
        "the header of that name, or the document of UpdateObjectEncryption, if there",
    ),
    key(
        "s3:x-amz-server-side-encryption-customer-algorithm",
        Filled::Check,
        "the header of that name, if there",
    ).of(Values::OfHeader("x-amz-server-side-encryption-customer-algorithm")),
    key("s3:x-amz-storage-class", Filled::Check, "the header of that name, if there"),
    key("s3:x-amz-website-redirect-location", Filled::Check, "the header of that name, if there"),
    key("s3:x-amz-object-ownership", Filled::Check, "the header of that name, if there").of(Values::OfHeader("x-amz-object-ownership")),
    key("s3:x-amz-bucket-namespace", Filled::Check, "the header of that name, if there").of(Values::OfHeader("x-amz-bucket-namespace")),
    key("s3:x-amz-object-annotation-directive", Filled::Check, "the header of that name, if there").of(Values::OfHeader("x-amz-object-annotation-directive")),
    key("s3:x-amz-object-if-match", Filled::Check, "the header of that name, if there"),
    key(
        "s3:object-lock-event-hold",
        Filled::Check,
        "the header `x-amz-object-lock-event-hold`, or the document of PutObjectRetention",
    ).of(Values::OfHeader("x-amz-object-lock-event-hold")),
    key(
        "s3:object-lock-event-hold-duration-days",
        Filled::Check,
        "the header of that name, or the document of PutObjectRetention; unknown if asked in years",
    ).of(Values::Number),
    key(
        "s3:object-lock-remaining-retention-days",
        Filled::Check,
        "days, begun ones included, from now to the date of `s3:object-lock-retain-until-date`",
    ).of(Values::Number),
    key("s3:if-match", Filled::Check, "the header `If-Match`, if there"),
    key("s3:if-none-match", Filled::Check, "the header `If-None-Match`, if there"),
    key(
        "s3:ObjectCreationOperation",
        Filled::Check,
        "whether the request makes an object, for `s3:PutObject`",
    ).of(Values::Bool),
    key(
        "s3:ExistingObjectTag/",
        Filled::Check,
        "the tags that the object has at the store, asked for only if a statement that can match names the key, one key a tag",
    ),
    key(
        "s3:RequestObjectTag/",
        Filled::Check,
        "the tags of the header `x-amz-tagging`, one key a tag",
    ),
    key(
        "s3:RequestObjectTagKeys",
        Filled::Check,
        "the keys of these tags, a list, if there are tags",
    ),
    key(
        "s3:InventoryAccessibleOptionalFields",
        Filled::Check,
        "the `OptionalFields` of PutBucketInventoryConfiguration, a list, if there are any",
    ),
    key("s3:object-lock-mode", Filled::Check, "the header `x-amz-object-lock-mode`, if there").of(Values::OfHeader("x-amz-object-lock-mode")),
    key(
        "s3:object-lock-retain-until-date",
        Filled::Check,
        "the header `x-amz-object-lock-retain-until-date`, if there",
    ).of(Values::Date),
    key(
        "s3:object-lock-legal-hold",
        Filled::Check,
        "the header `x-amz-object-lock-legal-hold`, if there",
    ).of(Values::OfHeader("x-amz-object-lock-legal-hold")),
    key(
        "s3:locationconstraint",
        Filled::Check,
        "the `LocationConstraint` of CreateBucket, if there",
    ),
];

/// Whether a document of this kind can meet the key, whatever its case: in the table, or a claim
/// of one of the providers (`HOST/PATH:claim` or `claims:claim`).
pub fn is_filled<'a>(
    key: &str,
    reader: Reader,
    providers: impl IntoIterator<Item = &'a ProviderRules>,
) -> bool {
    FILLED_KEYS.iter().any(|known| known.at.is_seen_by(reader) && known.is_named(key))
        || providers.into_iter().any(|rules| is_claim(key, rules))
}

/// Whether some document can meet the key: it is no claim, and in the table.
pub fn is_in_table(key: &str) -> bool {
    FILLED_KEYS.iter().any(|known| known.is_named(key))
}

/// Whether the key is a claim that the provider's sessions keep.
fn is_claim(key: &str, rules: &ProviderRules) -> bool {
    // The last colon separates: an issuer may have a port.
    let Some((prefix, claim)) = key.rsplit_once(':') else {
        return false;
    };
    let named =
        prefix.eq_ignore_ascii_case("claims") || prefix.eq_ignore_ascii_case(rules.key_prefix());
    named && rules.claim_keys().any(|known| known.eq_ignore_ascii_case(claim))
}

fn starts_with(text: &str, prefix: &str) -> bool {
    text.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
}

/// The table for SEMANTICS.md.
pub fn markdown() -> String {
    use std::fmt::Write as _;
    let mut text = "| key | where | from |\n|---|---|---|\n".to_owned();
    for known in FILLED_KEYS {
        let tail = if known.name.ends_with('/') { "KEY" } else { "" };
        // Writing to a string cannot fail.
        let _ =
            writeln!(text, "| `{}{tail}` | {} | {} |", known.name, known.at.as_str(), known.from);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn provider() -> ProviderRules {
        let claims = vec![sts::web_identity::ClaimRule::new("groups")];
        let audiences = vec!["fakes3pp".to_owned()];
        ProviderRules::new("https://kc.example.org:8443/realms/main", audiences, 30, claims)
            .unwrap()
    }

    #[test]
    fn keys_are_known_by_name_place_and_claim() {
        use Reader::{Permission, StoreCredential, Trust};
        for (key, reader, expected) in [
            ("aws:SourceIp", Permission, true),
            ("AWS:sourceip", Trust, true),
            ("aws:SourceVpc", Permission, false),
            ("aws:PrincipalTag/team", Permission, true),
            ("aws:PrincipalTag/", Permission, false),
            ("aws:PrincipalTag/team", Trust, true),
            ("aws:Referer", Trust, true),
            ("sts:ExternalId", Trust, true),
            ("aws:ViaAWSService", Trust, true),
            ("aws:ResourceAccount", Trust, true),
            ("s3:ResourceAccount", Trust, false),
            ("aws:PrincipalIsAWSService", StoreCredential, true),
            ("aws:RequestTag/team", Trust, true),
            ("aws:RequestTag/team", Permission, true),
            ("aws:RequestTag/team", StoreCredential, false),
            ("sts:RoleSessionName", Trust, true),
            ("sts:RoleSessionName", Permission, true),
            ("sts:ExternalId", StoreCredential, false),
            ("sts:DurationSeconds", Trust, false),
            ("s3:prefix", Permission, true),
            ("s3:prefix", StoreCredential, false),
            ("s3:prefix", Trust, false),
            ("kc.example.org:8443/realms/main:sub", Trust, true),
            ("kc.example.org:8443/realms/main:sub", Permission, true),
            ("kc.example.org:8443/realms/main:sub", StoreCredential, true),
            ("kc.example.org:8443/realms/main:groups", Permission, true),
            ("kc.example.org:8443/realms/main:email", Permission, false),
            ("kc.example.org:8443/realms/other:sub", Permission, false),
            ("kc.example.org:sub", Permission, false),
            ("claims:groups", StoreCredential, true),
            ("claims:email", StoreCredential, false),
            ("sub", Permission, false),
        ] {
            assert_eq!(is_filled(key, reader, [&provider()]), expected, "{key} {reader:?}");
        }
    }

    /// What the crates fill themselves is in the table, so that there is one.
    #[test]
    fn the_table_has_what_the_crates_fill() {
        let sts_keys =
            sts::session::SESSION_KEYS.iter().chain(&sts::session::OPTIONAL_SESSION_KEYS);
        for key in sts_keys {
            let key = format!("{key}{}", if key.ends_with('/') { "x" } else { "" });
            assert!(is_filled(&key, Reader::Permission, []), "{key}");
        }
        for key in sts::web_identity::TRUST_KEYS {
            let key = format!("{key}{}", if key.ends_with('/') { "x" } else { "" });
            assert!(is_filled(&key, Reader::Trust, []), "{key}");
        }
        // Actions begin with a capital after the colon; keys, but for three, do not.
        let source = include_str!("../../../s3/src/context.rs");
        let literals = source.split('"').skip(1).step_by(2);
        let keys = literals.filter(|text| {
            text.strip_prefix("s3:")
                .is_some_and(|name| name.starts_with(|c: char| c.is_lowercase()))
        });
        let keys: Vec<_> = keys.collect();
        assert!(keys.len() > 20, "{keys:?}");
        for key in keys {
            assert!(is_filled(key, Reader::Permission, []), "{key}");
        }
    }

    #[test]
    fn semantics_md_has_the_table() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../SEMANTICS.md");
        let written = std::fs::read_to_string(path).unwrap();
        assert!(
            written.contains(&markdown()),
            "put what `cargo run -p gateway -- config condition-keys` prints into SEMANTICS.md"
        );
    }

    #[test]
    fn keys_that_need_trusted_proxies_are_in_the_table() {
        for key in NEED_TRUSTED_PROXIES {
            assert!(is_filled(key, Reader::Permission, []), "{key}");
        }
    }

    #[test]
    fn the_table_names_no_key_twice() {
        let names: std::collections::BTreeSet<_> =
            FILLED_KEYS.iter().map(|known| known.name.to_ascii_lowercase()).collect();
        assert_eq!(names.len(), FILLED_KEYS.len());
        assert_eq!(markdown().lines().count(), FILLED_KEYS.len() + 2);
    }
}
