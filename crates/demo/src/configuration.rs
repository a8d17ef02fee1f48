//! The gateway's configuration and roles, written as files as an operator would have them, because
//! they are meant to be read and changed.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::issuer::CLIENT_ID;
use crate::store::StoreKeys;
use crate::tls::TlsFiles;
use crate::{StartError, files, random};

/// The gateway's account. The number is nobody's at AWS.
pub(crate) const ACCOUNT: &str = "000000000000";

/// The role of alice and bob: each has the prefix of their own name.
pub const USER_ROLE: &str = "demo-user";

/// Bob's second role: reads the whole bucket, changes nothing.
pub const AUDITOR_ROLE: &str = "demo-auditor";

/// The role documents, complete but for the issuer, which has another port at every start.
const ROLES: [(&str, &str); 2] = [
    (USER_ROLE, include_str!("roles/demo-user.json")),
    (AUDITOR_ROLE, include_str!("roles/demo-auditor.json")),
];

/// What stands for the issuer in the templates.
const ISSUER: &str = "ISSUER";

/// The ARN of a role of the demo.
pub fn role_arn(role: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:role/{role}")
}

/// What the files say.
pub(crate) struct Facts<'a> {
    /// Where the gateway listens; port 0 for any.
    pub(crate) listen: SocketAddr,
    /// The address that clients use.
    pub(crate) reachable: IpAddr,
    pub(crate) tls: Option<&'a TlsFiles>,
    pub(crate) region: &'a str,
    pub(crate) store_url: &'a str,
    pub(crate) store_keys: &'a StoreKeys,
    pub(crate) issuer_url: &'a str,
    /// The issuer as role documents name it: the URL without its scheme.
    pub(crate) issuer_name: &'a str,
}

/// Writes everything into `folder` and returns the path of the configuration file.
pub(crate) fn write(folder: &Path, facts: &Facts<'_>) -> Result<PathBuf, StartError> {
    let roles = folder.join("roles");
    files::make_directory(&roles)?;
    for (name, template) in ROLES {
        // The issuer's name is an address and a port, so it cannot break out of its string.
        let role = template.replace(ISSUER, facts.issuer_name);
        files::write(&roles.join(format!("{name}.json")), role)?;
    }
    let ring = format!("demo active {}\n", STANDARD.encode(random::bytes::<32>()?));
    files::write(&folder.join("keys.ring"), ring)?;
    files::write(&folder.join("store.access-key"), &facts.store_keys.access_key)?;
    files::write(&folder.join("store.secret-key"), &facts.store_keys.secret_key)?;
    let path = folder.join("fakes3pp.yaml");
    files::write(&path, yaml(facts))?;
    Ok(path)
}

/// The configuration file. Every value goes in as a JSON string, which YAML reads the same.
fn yaml(facts: &Facts<'_>) -> String {
    let text = |value: &str| Value::from(value).to_string();
    let listen = text(&facts.listen.to_string());
    let mut domains = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
    let reachable = facts.reachable.to_string();
    if !domains.contains(&reachable) {
        domains.push(reachable);
    }
    let tls = facts.tls.map_or_else(String::new, |tls| {
        let path = |path: &Path| text(&path.display().to_string());
        format!("  tls: {{ cert: {}, key: {} }}\n", path(&tls.certificate), path(&tls.key))
    });
    format!(
        r#"# Written by the demo at every start, so changes here are lost: copy it to make your own.

account_id: "{ACCOUNT}"

# One address for both is one listener for both; only port 0 gives each its own port.
listen:
  s3: {listen}
  sts: {listen}
{tls}
# The host names that clients use: path style on each, BUCKET.NAME below each.
domains: {domains}

# Nobody stands between the clients and the gateway, so no X-Forwarded-For is believed.
trusted_proxies: []

# Session tokens are sealed with the active key of this file.
keys:
  file: keys.ring

stores:
  - name: embedded
    endpoint: {store_url}
    region: {region}
    default: true
    # It keeps objects as files, so these spellings of a key would reach the file of another.
    preset: s3s-fs
    credentials:
      - name: main
        access_key: {{ file: store.access-key }}
        secret_key: {{ file: store.secret-key }}

providers:
  - issuer: {issuer_url}
    audiences: [{audience}]
    claims:
      groups:
        keep: ["*"]

# One file a role.
roles: roles/

log:
  format: text

# Ctrl-C should not make anybody wait for a download.
limits:
  shutdown_grace: 2s
"#,
        domains = json!(domains),
        store_url = text(facts.store_url),
        region = text(facts.region),
        issuer_url = text(facts.issuer_url),
        audience = text(CLIENT_ID),
    )
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::tls;

    #[test]
    fn the_gateway_takes_it_as_written() {
        let folder = tempfile::tempdir().unwrap();
        let loopback = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);
        let elsewhere: IpAddr = "2001:db8::7".parse().unwrap();
        let tls = tls::make(&folder.path().join("tls"), loopback).unwrap();
        let store_keys = StoreKeys {
            access_key: random::access_key().unwrap(),
            secret_key: random::secret_key().unwrap(),
        };
        for (reachable, tls) in [(loopback, None), (loopback, Some(&tls)), (elsewhere, Some(&tls))]
        {
            let facts = Facts {
                listen: (reachable, 0).into(),
                reachable,
                tls,
                region: "eu-west-1",
                store_url: "http://127.0.0.1:1",
                store_keys: &store_keys,
                issuer_url: "http://127.0.0.1:2",
                issuer_name: "127.0.0.1:2",
            };
            let path = write(folder.path(), &facts).unwrap();
            let config = gateway::config::load_file(&path, &BTreeMap::new())
                .unwrap_or_else(|errors| panic!("{errors}"));
            assert!(config.warnings.is_empty(), "{:?}", config.warnings);
            assert_eq!(config.startup.tls.is_some(), tls.is_some());
            let roles: Vec<&str> = config.live.roles.keys().map(String::as_str).collect();
            assert_eq!(roles, [role_arn(AUDITOR_ROLE), role_arn(USER_ROLE)]);
        }
    }
}
