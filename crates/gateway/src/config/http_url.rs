//! URLs of stores and identity providers: `http` or `https`, nothing hidden in them.

use std::fmt;
use std::net::IpAddr;

/// How a server is spoken to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// In the clear.
    Http,
    /// By TLS.
    Https,
}

impl Scheme {
    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    fn port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

/// An absolute URL without user, query or fragment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HttpUrl {
    scheme: Scheme,
    host: String,
    port: u16,
    path: String,
}

impl HttpUrl {
    /// Reads a URL.
    ///
    /// # Errors
    /// What is wrong with it, as the end of a sentence.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        let (scheme, rest) = if let Some(rest) = text.strip_prefix("https://") {
            (Scheme::Https, rest)
        } else if let Some(rest) = text.strip_prefix("http://") {
            (Scheme::Http, rest)
        } else {
            return Err("must begin with `https://` or `http://`");
        };
        if rest.contains(['?', '#', '@', '\\']) {
            return Err("must have no user, query or fragment");
        }
        if !rest.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err("must be visible ASCII without blanks");
        }
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let (host, port) = split_port(authority).ok_or("must have a port from 1 to 65535")?;
        let host = host_name(host).ok_or("must have a host name or an IP address")?;
        Ok(Self { scheme, host, port: port.unwrap_or(scheme.port()), path: path.to_owned() })
    }

    /// How the server is spoken to.
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// Its name in lower case, or IP address; an IPv6 address without brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Its port, also if it is the usual one.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The path as it was written: empty, or from the first slash on.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The same place with `more` behind its path, where one slash at its end is left out.
    #[must_use]
    pub(crate) fn below(&self, more: &str) -> Self {
        let path = self.path.strip_suffix('/').unwrap_or(&self.path);
        Self { path: format!("{path}{more}"), ..self.clone() }
    }

    /// Host and port as they stand in a `Host` header: the usual port is left out.
    pub fn authority(&self) -> String {
        let host = self.host_in_url();
        if self.port == self.scheme.port() { host } else { format!("{host}:{}", self.port) }
    }

    fn host_in_url(&self) -> String {
        if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() }
    }

    /// Whether what is sent there stays on this machine.
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.host)
    }

    /// The IP address, if the host is one.
    pub fn ip(&self) -> Option<IpAddr> {
        self.host.parse().ok()
    }
}

impl fmt::Display for HttpUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}{}", self.scheme.as_str(), self.authority(), self.path)
    }
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// Host, and port if there is one. None if what should be a port is none.
fn split_port(authority: &str) -> Option<(&str, Option<u16>)> {
    // Colons inside brackets belong to an IPv6 address.
    let after_brackets = authority.rfind(']').map_or(0, |position| position + 1);
    let Some(colon) = authority.get(after_brackets..)?.find(':') else {
        return Some((authority, None));
    };
    let (host, port) = authority.split_at_checked(after_brackets + colon)?;
    let port = port.strip_prefix(':')?;
    let digits = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    let port = port.parse::<u16>().ok().filter(|port| digits && *port != 0)?;
    Some((host, Some(port)))
}

/// A host name in lower case, or an IP address in its usual form.
pub(crate) fn host_name(text: &str) -> Option<String> {
    if let Some(inside) = text.strip_prefix('[') {
        let ip: std::net::Ipv6Addr = inside.strip_suffix(']')?.parse().ok()?;
        return Some(ip.to_string());
    }
    let label = |label: &str| {
        let inside =
            label.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
        (1..=63).contains(&label.len())
            && inside
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let last_is_number = || {
        let last = text.rsplit('.').next().unwrap_or_default();
        last.bytes().all(|byte| byte.is_ascii_digit())
    };
    let fine = text.len() <= 253 && text.split('.').all(label);
    // A name that ends in a number is an IPv4 address or a mistake.
    let fine = fine && (!last_is_number() || text.parse::<std::net::Ipv4Addr>().is_ok());
    fine.then(|| text.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_taken_apart_and_put_together() {
        for (text, host, port, authority) in [
            ("https://rgw.example.org", "rgw.example.org", 443, "rgw.example.org"),
            ("http://RGW.example.org:80", "rgw.example.org", 80, "rgw.example.org"),
            ("http://127.0.0.1:7480/", "127.0.0.1", 7480, "127.0.0.1:7480"),
            ("https://[::1]:8443", "::1", 8443, "[::1]:8443"),
            ("https://[2001:DB8::0:1]", "2001:db8::1", 443, "[2001:db8::1]"),
        ] {
            let url = HttpUrl::parse(text).unwrap();
            assert_eq!((url.host.as_str(), url.port), (host, port), "{text}");
            assert_eq!(url.authority(), authority, "{text}");
        }
        let issuer = HttpUrl::parse("https://kc.example.org/realms/main").unwrap();
        assert_eq!(issuer.to_string(), "https://kc.example.org/realms/main");
    }

    #[test]
    fn what_could_mean_another_host_is_refused() {
        for text in [
            "rgw.example.org",
            "ftp://rgw.example.org",
            "HTTPS://rgw.example.org",
            "https://",
            "https:///path",
            "https://user@rgw.example.org",
            "https://rgw.example.org?x",
            "https://rgw.example.org#x",
            "https://rgw.example.org\\@other",
            "https://rgw.example.org:",
            "https://rgw.example.org:0",
            "https://rgw.example.org:+80",
            "https://rgw.example.org:65536",
            "https://rgw example.org",
            "https://rgw..example.org",
            "https://-rgw.example.org",
            "https://127.0.0.1.",
            "https://127.1",
            "https://0x7f000001.1",
            "https://::1",
            "https://[::1",
            "https://[127.0.0.1]",
            "https://é.example.org",
        ] {
            assert!(HttpUrl::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn loopback_is_known_by_name_and_address() {
        for (text, loopback) in [
            ("http://localhost", true),
            ("http://127.9.9.9", true),
            ("http://[::1]", true),
            ("http://localhost.example.org", false),
            ("http://10.0.0.1", false),
            ("http://0.0.0.0", false),
        ] {
            assert_eq!(HttpUrl::parse(text).unwrap().is_loopback(), loopback, "{text}");
        }
    }
}
