//! Which bucket a host name and a path name.
//!
//! Path style on each configured domain, virtual-host style below each. A host outside the domains
//! is refused (A12): the alternative, taking an unknown host for a bucket name, would let a client
//! choose a bucket by a header that a proxy in between may not have looked at.

use std::net::{IpAddr, Ipv6Addr};

use crate::code::AwsCode;
use crate::encoding::{EncodingError, Plus, decode};
use crate::name::{Bucket, Key, NameError};

/// How the host of a request addresses: the service, or one bucket.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HostStyle {
    /// The host is a domain of ours: bucket and key are in the path.
    Path,
    /// The host names the bucket: the whole path is the key.
    Virtual(Bucket),
}

/// Why a host was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HostError {
    /// Not a domain of ours, nor below one.
    #[error("the host is not one that this gateway serves")]
    Unknown,
    /// Below a domain of ours, but what is in front of it is not a bucket name.
    #[error("the host does not begin with a bucket: {0}")]
    Bucket(#[from] NameError),
}

/// The names that the gateway answers to.
///
/// An exact domain comes before the longest one that is a suffix. IP addresses count only exactly
/// and never have a bucket in front. The port is ignored: behind a load balancer it need not be
/// ours.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Domains {
    /// Lower case, without port.
    exact: Vec<String>,
    /// Those of `exact` that are no IP address, longest first.
    suffixes: Vec<String>,
}

impl Domains {
    /// From names as configured: case and a port do not matter, IPv6 addresses may stand in
    /// brackets or not.
    #[must_use]
    pub fn new(domains: impl IntoIterator<Item = String>) -> Self {
        let exact: Vec<_> = domains
            .into_iter()
            .map(|domain| match domain.parse::<Ipv6Addr>() {
                Ok(address) => address.to_string(),
                Err(_) => without_port(&domain).to_ascii_lowercase(),
            })
            .filter(|domain| !domain.is_empty())
            .collect();
        let mut suffixes: Vec<_> =
            exact.iter().filter(|domain| domain.parse::<IpAddr>().is_err()).cloned().collect();
        suffixes.sort_by_key(|domain| std::cmp::Reverse(domain.len()));
        Self { exact, suffixes }
    }

    /// As [`Domains::resolve_host`] where it is not known how the gateway is called: addresses, and names
    /// below one (which SDKs make for S3 Object Lambda), are path style, and so is every host if there
    /// are no domains at all.
    ///
    /// # Errors
    /// The same.
    pub fn resolve_any_host(&self, host: &str) -> Result<HostStyle, HostError> {
        let name = without_port(host);
        let last = name.rmatch_indices('.').nth(3).and_then(|(dot, _)| name.get(dot + 1..));
        let is_address = [Some(name), last]
            .into_iter()
            .flatten()
            .any(|address| address.parse::<IpAddr>().is_ok());
        if is_address || self.exact.is_empty() {
            return Ok(self.resolve_host(host).unwrap_or(HostStyle::Path));
        }
        self.resolve_host(host)
    }

    /// Reads a `Host` header (or the authority of an HTTP/2 request).
    ///
    /// # Errors
    /// [`HostError`] when the host is not ours, or when no bucket name stands in front of a domain of ours.
    pub fn resolve_host(&self, host: &str) -> Result<HostStyle, HostError> {
        let host = without_port(host).to_ascii_lowercase();
        if self.exact.contains(&host) {
            return Ok(HostStyle::Path);
        }
        if host.parse::<IpAddr>().is_ok() {
            return Err(HostError::Unknown);
        }
        let bucket = self
            .suffixes
            .iter()
            .find_map(|domain| host.strip_suffix(domain.as_str())?.strip_suffix('.'))
            .ok_or(HostError::Unknown)?;
        Ok(HostStyle::Virtual(Bucket::parse(bucket)?))
    }
}

/// The host of `host:port` or `[v6]:port`, without brackets. A port that is no number leaves the
/// text whole, which then is no domain.
fn without_port(host: &str) -> &str {
    if let Some(rest) = host.strip_prefix('[') {
        return match rest.split_once(']') {
            Some((address, "")) => address,
            Some((address, port)) if port.strip_prefix(':').is_some_and(is_port) => address,
            _ => host,
        };
    }
    match host.rsplit_once(':') {
        Some((name, port)) if is_port(port) && !name.contains(':') => name,
        _ => host,
    }
}

fn is_port(text: &str) -> bool {
    !text.is_empty() && text.len() <= 5 && text.bytes().all(|b| b.is_ascii_digit())
}

/// What a request is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// The service: the list of buckets.
    Service,
    /// A bucket.
    Bucket(Bucket),
    /// A key in a bucket.
    Object(Bucket, Key),
}

impl Target {
    /// The bucket, unless it is the service.
    #[must_use]
    pub fn bucket(&self) -> Option<&Bucket> {
        match self {
            Self::Service => None,
            Self::Bucket(bucket) | Self::Object(bucket, _) => Some(bucket),
        }
    }

    /// The key, if it is an object.
    #[must_use]
    pub fn key(&self) -> Option<&Key> {
        match self {
            Self::Service | Self::Bucket(_) => None,
            Self::Object(_, key) => Some(key),
        }
    }
}

/// Why a path was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// It does not begin with `/`: an absolute-form target, `*`, or not a path at all.
    #[error("the path does not begin with a slash")]
    NotAPath,
    /// A character that no path of the wire may hold: a space, `#`, `?` or a control character.
    #[error("a character that a path may not hold")]
    Character,
    /// It does not decode.
    #[error("the path holds {0}")]
    Encoding(#[from] EncodingError),
    /// Bucket or key is not one.
    #[error("{0}")]
    Name(#[from] NameError),
}

impl PathError {
    /// The code that the client reads.
    #[must_use]
    pub fn code(&self) -> AwsCode {
        match self {
            Self::Name(NameError::Bucket | NameError::ReservedBucket) => AwsCode::InvalidBucketName,
            Self::Name(NameError::LongKey) => AwsCode::KeyTooLongError,
            Self::NotAPath
            | Self::Character
            | Self::Encoding(_)
            | Self::Name(
                NameError::EmptyKey
                | NameError::NulInKey
                | NameError::VersionId
                | NameError::UploadId,
            ) => AwsCode::InvalidURI,
        }
    }
}

/// Reads the path of a request as it came on the wire: decoded once, nothing normalised.
pub(crate) fn target(host: &HostStyle, path: &str) -> Result<Target, PathError> {
    let path = path.strip_prefix('/').ok_or(PathError::NotAPath)?;
    if path.bytes().any(|b| matches!(b, b' ' | b'#' | b'?') || b.is_ascii_control()) {
        return Err(PathError::Character);
    }
    let (bucket, key) = match host {
        HostStyle::Virtual(bucket) => (bucket.clone(), path),
        HostStyle::Path if path.is_empty() => return Ok(Target::Service),
        HostStyle::Path => {
            let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
            // A bucket name has no slash, so that an encoded one in the segment is refused here.
            (Bucket::parse(&decode(bucket, Plus::Literal)?)?, key)
        }
    };
    if key.is_empty() {
        return Ok(Target::Bucket(bucket));
    }
    Ok(Target::Object(bucket, Key::parse(decode(key, Plus::Literal)?)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn domains() -> Domains {
        Domains::new(
            ["S3.example.org:9000", "eu.s3.example.org", "127.0.0.1", "[::1]:80", "fe80::1"]
                .map(String::from),
        )
    }

    fn bucket(name: &str) -> Bucket {
        Bucket::parse(name).unwrap()
    }

    #[test]
    fn a12_host_exact_before_longest_suffix() {
        let domains = domains();
        for path_style in [
            "s3.example.org",
            "S3.EXAMPLE.ORG:443",
            "eu.s3.example.org",
            "127.0.0.1",
            "127.0.0.1:9000",
            "[::1]:1",
            "[fe80::1]",
        ] {
            assert_eq!(domains.resolve_host(path_style), Ok(HostStyle::Path), "{path_style}");
        }
        for (host, name) in [
            ("abc.s3.example.org:9000", "abc"),
            ("ABC.s3.example.org", "abc"),
            ("a.b.s3.example.org", "a.b"),
            ("abc.eu.s3.example.org", "abc"),
        ] {
            assert_eq!(domains.resolve_host(host), Ok(HostStyle::Virtual(bucket(name))), "{host}");
        }
    }

    #[test]
    fn a12_host_outside_the_domains_is_refused() {
        let domains = domains();
        for unknown in [
            "",
            "example.org",
            "xs3.example.org",
            "s3.example.org.",
            "s3.example.org.evil.com",
            "abc.127.0.0.1",
            "10.0.0.1",
            "localhost",
            ":80",
            "s3.example.org:",
            "s3.example.org:x",
            "s3.example.org:80:80",
            "[::1",
            "[::1]x",
            "::2",
            "user@s3.example.org",
        ] {
            assert_eq!(domains.resolve_host(unknown), Err(HostError::Unknown), "{unknown}");
        }
        for no_bucket in
            [".s3.example.org", "ab.s3.example.org", "a_b.s3.example.org", "abc..s3.example.org"]
        {
            assert!(
                matches!(domains.resolve_host(no_bucket), Err(HostError::Bucket(_))),
                "{no_bucket}"
            );
        }
        for path_style in
            ["127.0.0.1:9000", "127.0.0.1", "[::1]:9000", "route1.127.0.0.1:1", "s3.example.org"]
        {
            assert_eq!(domains.resolve_any_host(path_style), Ok(HostStyle::Path), "{path_style}");
        }
        for unknown in ["evil.example.com", "bkt.s3.other.test", "300.0.0.1.example.com", "1.2.3"] {
            assert_eq!(domains.resolve_any_host(unknown), Err(HostError::Unknown), "{unknown}");
        }
        assert_eq!(Domains::new([]).resolve_any_host("evil.example.com"), Ok(HostStyle::Path));
        assert_eq!(Domains::new([]).resolve_host("abc"), Err(HostError::Unknown));
        assert_eq!(Domains::new(["".to_owned()]).resolve_host("abc."), Err(HostError::Unknown));
    }

    #[test]
    fn a11_path_is_decoded_once_and_never_normalised() {
        let object = |path: &str| match target(&HostStyle::Path, path) {
            Ok(Target::Object(bucket, key)) => (bucket.to_string(), key.to_string()),
            other => panic!("{path}: {other:?}"),
        };
        for (path, key) in [
            ("/abc/k", "k"),
            ("/abc//k", "/k"),
            ("/abc///", "//"),
            ("/abc/a/../b", "a/../b"),
            ("/abc/..", ".."),
            ("/abc/a%2Fb", "a/b"),
            ("/abc/%2e%2E/x", "../x"),
            ("/abc/%2541", "%41"),
            ("/abc/a+b;c", "a+b;c"),
            ("/abc/%3Facl", "?acl"),
            ("/abc/\u{e9}", "\u{e9}"),
        ] {
            assert_eq!(object(path), ("abc".to_owned(), key.to_owned()), "{path}");
        }
        assert_eq!(
            target(&HostStyle::Virtual(bucket("abc")), "//k"),
            Ok(Target::Object(bucket("abc"), Key::parse("/k").unwrap()))
        );
    }

    #[test]
    fn a11_path_that_is_none_is_refused() {
        for (path, error) in [
            ("http://elsewhere/b/k", PathError::NotAPath),
            ("x.attacker:/abc/k", PathError::NotAPath),
            ("*", PathError::NotAPath),
            ("", PathError::NotAPath),
            ("//k", PathError::Name(NameError::Bucket)),
            ("/a%2Fbc/k", PathError::Name(NameError::Bucket)),
            ("/../abc/k", PathError::Name(NameError::Bucket)),
            ("/ABC/k", PathError::Name(NameError::Bucket)),
            ("/abc/%00", PathError::Encoding(EncodingError::Nul)),
            ("/abc/%FF", PathError::Encoding(EncodingError::NotUtf8)),
            ("/abc/%zz", PathError::Encoding(EncodingError::Escape)),
            ("/abc/a b", PathError::Character),
            ("/abc/a#b", PathError::Character),
            ("/abc/a?acl", PathError::Character),
        ] {
            assert_eq!(target(&HostStyle::Path, path), Err(error), "{path}");
        }
        let long = format!("/abc/{}", "x".repeat(1025));
        assert_eq!(target(&HostStyle::Path, &long), Err(PathError::Name(NameError::LongKey)));
    }

    #[test]
    fn a11_empty_key_after_a_slash_is_the_bucket() {
        for path in ["/abc", "/abc/"] {
            assert_eq!(target(&HostStyle::Path, path), Ok(Target::Bucket(bucket("abc"))));
        }
        assert_eq!(target(&HostStyle::Path, "/"), Ok(Target::Service));
        assert_eq!(
            target(&HostStyle::Virtual(bucket("abc")), "/"),
            Ok(Target::Bucket(bucket("abc")))
        );
    }
}
