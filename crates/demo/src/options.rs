//! What can be chosen about a demo.

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::time::Duration;

use crate::{StartError, User};

/// Shorter would have the files renewed all the time; longer than a day no provider issues ID
/// tokens for.
const TOKEN_LIFETIMES: std::ops::RangeInclusive<Duration> =
    Duration::from_secs(3)..=Duration::from_secs(24 * 60 * 60);

/// How to start the demo. The default suits tests: loopback, any free port, a temporary directory.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where the gateway listens for S3 and STS. The store and the issuer stay on loopback whatever
    /// this is.
    pub listen: IpAddr,
    /// The gateway's port; 0 takes a free one for S3 and one for STS.
    pub port: u16,
    /// Serve S3 and STS over TLS, with a certificate of a CA made for this run.
    pub tls: bool,
    /// Keep everything in this directory, which is made if missing. `None`: a temporary one that is
    /// removed in the end.
    pub dir: Option<PathBuf>,
    /// Write the exports here once all is ready; removed in the end.
    pub env_file: Option<PathBuf>,
    /// Whom the exports and the printed block are for.
    pub user: User,
    /// The region that clients are told. The gateway has one store and takes any.
    pub region: String,
    /// How long a token is good; its file is renewed after a third of that. 3 seconds to a day,
    /// whole seconds.
    pub token_lifetime: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            listen: IpAddr::V4(Ipv4Addr::LOCALHOST),
            port: 0,
            tls: false,
            dir: None,
            env_file: None,
            user: User::Alice,
            // What every tool falls back to, so that mixing shells with and without the exports
            // changes nothing.
            region: "us-east-1".to_owned(),
            // As usual at real providers; SDKs read the file again about once an hour.
            token_lifetime: Duration::from_secs(15 * 60),
        }
    }
}

impl Options {
    /// The address at which clients on this machine reach the gateway.
    pub(crate) fn reachable(&self) -> IpAddr {
        match self.listen {
            IpAddr::V4(any) if any.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
            IpAddr::V6(any) if any.is_unspecified() => IpAddr::V6(std::net::Ipv6Addr::LOCALHOST),
            one => one,
        }
    }

    pub(crate) fn check(&self) -> Result<(), StartError> {
        let letter = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        if self.region.is_empty() || self.region.len() > 64 || !self.region.bytes().all(letter) {
            return Err(StartError::Region { region: self.region.clone() });
        }
        if !TOKEN_LIFETIMES.contains(&self.token_lifetime) {
            return Err(StartError::TokenLifetime { given: self.token_lifetime });
        }
        Ok(())
    }
}
