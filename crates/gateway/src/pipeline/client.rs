//! Where a request really came from, as far as anybody here can know.

use std::net::IpAddr;

use http::HeaderMap;
use ipnet::IpNet;
use policy::{Context, Value};

/// A client connection as the listener sees it.
#[derive(Debug, Clone, Copy)]
pub struct Connection {
    /// Address of the other end; `None` on a unix socket.
    pub peer: Option<IpAddr>,
    /// TLS version, on a TLS listener.
    pub tls: Option<rustls::ProtocolVersion>,
}

/// What is known of the client itself, proxies looked through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Client {
    address: Option<IpAddr>,
    secure: Secure,
    tls: Option<rustls::ProtocolVersion>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Secure {
    Yes,
    No,
    Unknown,
}

/// A chain of proxies longer than this is nobody's real set-up. `X-Forwarded-For` is read from its
/// right end, and no further than this many addresses.
const MAX_HOPS: usize = 16;

/// Headers that claim to know the client. `Forwarded` and `X-Real-Ip` are never believed, but from
/// somebody who is not a configured proxy they too say that the peer is not the client.
const FORWARDING: [&str; 3] = ["x-forwarded-for", "forwarded", "x-real-ip"];

impl Client {
    /// Looks through the configured proxies (A16): the right-most address of `X-Forwarded-For`
    /// that is not one of them counts. A forwarding header from anybody else makes the address
    /// unknown, as does one that cannot be read.
    #[must_use]
    pub fn new(connection: Connection, headers: &HeaderMap, proxies: &[IpNet]) -> Self {
        let Connection { peer, tls } = connection;
        let direct = if tls.is_some() { Secure::Yes } else { Secure::No };
        let trusted = |address: &IpAddr| proxies.iter().any(|net| net.contains(address));
        let Some(peer) = peer.map(|address| address.to_canonical()) else {
            return Self { address: None, secure: Secure::Unknown, tls };
        };
        if !trusted(&peer) {
            let claimed = FORWARDING.iter().any(|name| headers.contains_key(*name));
            return Self { address: (!claimed).then_some(peer), secure: direct, tls };
        }
        let address = forwarded_for(headers, trusted);
        // Behind a proxy our own TLS says nothing of the client's.
        Self { address, secure: forwarded_proto(headers), tls: None }
    }

    /// The client's address, if it is known.
    #[must_use]
    pub fn address(&self) -> Option<IpAddr> {
        self.address
    }

    /// Whether the client is known to speak TLS, to us or to a proxy that we trust.
    #[must_use]
    pub fn is_secure(&self) -> bool {
        self.secure == Secure::Yes
    }

    /// Fills the condition keys that speak of the connection.
    pub fn fill(&self, context: &mut Context) {
        let address = self.address.map_or(Value::Unknown, |ip| Value::One(ip.to_string()));
        context.insert("aws:SourceIp", address);
        let secure = match self.secure {
            Secure::Yes => Value::One("true".to_owned()),
            Secure::No => Value::One("false".to_owned()),
            Secure::Unknown => Value::Unknown,
        };
        context.insert("aws:SecureTransport", secure);
        match (self.secure, self.tls) {
            (Secure::Yes, Some(rustls::ProtocolVersion::TLSv1_2)) => {
                context.insert("s3:TlsVersion", "1.2");
            }
            (Secure::Yes, Some(rustls::ProtocolVersion::TLSv1_3)) => {
                context.insert("s3:TlsVersion", "1.3");
            }
            (Secure::No, _) => {}
            _ => {
                context.insert("s3:TlsVersion", Value::Unknown);
            }
        }
    }
}

fn forwarded_for(headers: &HeaderMap, trusted: impl Fn(&IpAddr) -> bool) -> Option<IpAddr> {
    let mut hops = Vec::new();
    for line in headers.get_all("x-forwarded-for") {
        hops.extend(line.to_str().ok()?.split(',').map(str::trim));
    }
    for hop in hops.into_iter().rev().take(MAX_HOPS) {
        let address = parse_hop(hop)?.to_canonical();
        if !trusted(&address) {
            return Some(address);
        }
    }
    None
}

/// An address, with or without a port, as proxies write it.
fn parse_hop(hop: &str) -> Option<IpAddr> {
    if let Ok(address) = hop.parse::<IpAddr>() {
        return Some(address);
    }
    if let Ok(socket) = hop.parse::<std::net::SocketAddr>() {
        return Some(socket.ip());
    }
    hop.strip_prefix('[')?.strip_suffix(']')?.parse().ok()
}

fn forwarded_proto(headers: &HeaderMap) -> Secure {
    let mut values = headers.get_all("x-forwarded-proto").iter();
    match (values.next().and_then(|value| value.to_str().ok()), values.next()) {
        (Some("https"), None) => Secure::Yes,
        (Some("http"), None) => Secure::No,
        _ => Secure::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(peer: &str, headers: &[(&'static str, &'static str)]) -> Option<String> {
        let proxies: Vec<IpNet> =
            ["10.0.0.0/8", "fd00::/8"].iter().map(|net| net.parse().unwrap()).collect();
        let connection = Connection { peer: Some(peer.parse().unwrap()), tls: None };
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, value.parse().unwrap());
        }
        Client::new(connection, &map, &proxies).address().map(|ip| ip.to_string())
    }

    #[test]
    fn a16_only_configured_proxies_are_believed() {
        type Case<'a> = (&'a str, &'a [(&'static str, &'static str)], Option<&'a str>);
        let cases: &[Case<'_>] = &[
            ("192.0.2.1", &[], Some("192.0.2.1")),
            ("192.0.2.1", &[("x-forwarded-for", "10.1.1.1")], None),
            ("192.0.2.1", &[("forwarded", "for=10.1.1.1")], None),
            ("192.0.2.1", &[("x-real-ip", "10.1.1.1")], None),
            ("10.0.0.1", &[("x-forwarded-for", "192.0.2.7")], Some("192.0.2.7")),
            ("10.0.0.1", &[("x-forwarded-for", "1.1.1.1, 192.0.2.7, 10.0.0.2")], Some("192.0.2.7")),
            (
                "10.0.0.1",
                &[("x-forwarded-for", "1.1.1.1"), ("x-forwarded-for", "192.0.2.7")],
                Some("192.0.2.7"),
            ),
            ("10.0.0.1", &[("x-forwarded-for", "192.0.2.7:4711")], Some("192.0.2.7")),
            ("10.0.0.1", &[("x-forwarded-for", "[2001:db8::1]:4711")], Some("2001:db8::1")),
            ("fd00::1", &[("x-forwarded-for", "2001:db8::1")], Some("2001:db8::1")),
            ("::ffff:10.0.0.1", &[("x-forwarded-for", "192.0.2.7")], Some("192.0.2.7")),
            ("10.0.0.1", &[], None),
            ("10.0.0.1", &[("x-forwarded-for", "10.0.0.2")], None),
            ("10.0.0.1", &[("x-forwarded-for", "192.0.2.7, unknown")], None),
            ("10.0.0.1", &[("x-forwarded-for", "192.0.2.7,")], None),
        ];
        for (peer, headers, expected) in cases {
            assert_eq!(client(peer, headers).as_deref(), *expected, "{peer} {headers:?}");
        }
    }

    #[test]
    fn a16_what_nobody_knows_is_unknown_and_not_absent() {
        let connection = Connection { peer: Some("192.0.2.1".parse().unwrap()), tls: None };
        let mut headers = HeaderMap::new();
        headers.insert("x-forwarded-for", "10.1.1.1".parse().unwrap());
        let mut context = Context::new();
        Client::new(connection, &headers, &[]).fill(&mut context);
        assert_eq!(context.get("aws:SourceIp"), Some(&Value::Unknown));
        assert_eq!(context.get("aws:SecureTransport"), Some(&Value::One("false".to_owned())));
    }
}
