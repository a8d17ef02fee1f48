//! The names of condition keys.

use std::sync::Arc;

use crate::context::key_hash;
use crate::error::{Problem, shown};

/// A condition key, lower case, with the hash that contexts are searched by.
#[derive(Clone, Debug)]
pub(crate) struct Key {
    /// In lower case: keys have no case.
    pub(crate) name: Arc<str>,
    /// As the document has it, to be shown.
    pub(crate) written: Arc<str>,
    pub(crate) hash: u64,
}

impl Key {
    pub(crate) fn new(name: &str) -> Self {
        let written: Arc<str> = name.into();
        let name: Arc<str> = name.to_ascii_lowercase().into();
        Self { hash: key_hash(&name), name, written }
    }
}

/// Whether the text can be a condition key.
///
/// `service:name`, where the name of a tag key may hold further colons after a slash
/// (`aws:PrincipalTag/a:b`), or `ISSUER:claim`, where the issuer may have a port and the last
/// colon separates: an issuer has a `.` or `/` before its first colon, or digits after it.
/// A key without any colon exists nowhere, but AWS takes it; `foreign` says whether we do.
pub(crate) fn check(name: &str, foreign: bool) -> Result<(), Problem> {
    if name.is_empty() || name.contains("${") {
        return Err(Problem::UnknownKey(shown(name)));
    }
    let Some((head, tail)) = name.split_once(':') else {
        return if foreign { Ok(()) } else { Err(Problem::UnknownKey(shown(name))) };
    };
    if !foreign && (head.is_empty() || name.ends_with(':') || name.trim() != name) {
        return Err(Problem::UnknownKey(shown(name)));
    }
    if head.contains(['.', '/']) {
        return Ok(());
    }
    let is_port = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match tail.split_once(':') {
        Some((second, _)) if !second.contains('/') && !is_port(second) => {
            Err(Problem::KeyColons(shown(name)))
        }
        _ => Ok(()),
    }
}

/// Keys of AWS's that have several values by definition. A condition that looks at them as one
/// value is a mistake. Claims of an issuer end in their own name, so `amr` is found by its end.
pub(crate) fn is_multivalued(lower: &str) -> bool {
    const MULTIVALUED: [&str; 8] = [
        "aws:calledvia",
        "aws:principalorgpaths",
        "aws:principalservicenameslist",
        "aws:resourceorgpaths",
        "aws:sourceorgpaths",
        "aws:tagkeys",
        "s3:requestobjecttagkeys",
        "sts:transitivetagkeys",
    ];
    MULTIVALUED.contains(&lower) || lower.ends_with(":amr")
}

#[cfg(test)]
mod tests {
    use super::{check, is_multivalued};

    #[test]
    fn issuers_and_tags_may_have_colons() {
        for name in [
            "aws:SourceIp",
            "claims:sub",
            "aws:PrincipalTag/a:b",
            "s3:ExistingObjectTag/x:y:z",
            "kc.example.com/realms/main:groups",
            "accounts.google.com:aud",
            "host:8443/realms/x:sub",
            "host:8443:sub",
            "kc.example.com:8443/realms/x:https://claim.example/c",
        ] {
            assert_eq!(check(name, false), Ok(()), "{name}");
        }
    }

    #[test]
    fn other_keys_have_one_colon() {
        for name in
            ["aws:Source:Ip", "aws::SourceIp", "", "plain", ":x", "aws:", "aws:${x}", "aws:x "]
        {
            assert!(check(name, false).is_err(), "{name}");
        }
        assert_eq!(check("plain", true), Ok(()));
        assert!(check("aws:Source:Ip", true).is_err());
    }

    #[test]
    fn amr_of_any_issuer_is_multivalued() {
        assert!(is_multivalued("kc.example.com/realms/main:amr") && is_multivalued("aws:tagkeys"));
        assert!(!is_multivalued("aws:principaltag/amr"));
    }
}
