//! Account, host names, proxies and headers.

use std::net::IpAddr;

use ipnet::IpNet;

use super::{Check, shown};
use crate::config::ListBuckets;
use crate::config::http_url::host_name;
use crate::config::raw::RawConfig;
use crate::config::shape::{Field, Value};

/// What the account is when nobody says: no account of AWS.
const DEFAULT_ACCOUNT: &str = "000000000000";

pub(super) fn account_id(raw: &RawConfig, check: &mut Check<'_>) -> Option<policy::AccountId> {
    let parse = |text: &str| {
        let advice = "must be 12 digits, in quotes: `\"000000000000\"`";
        text.parse::<policy::AccountId>().map_err(|_| advice)
    };
    match raw.account_id.get() {
        Some(text) => check.parse(text, parse),
        None if raw.account_id.is_written() => None,
        None => parse(DEFAULT_ACCOUNT).ok(),
    }
}

pub(super) fn domains(raw: &RawConfig, check: &mut Check<'_>) -> Option<s3::Domains> {
    let serves_s3 = raw.listen.get().is_some_and(|listen| listen.value.s3.is_written());
    if serves_s3 && raw.domains.items().is_empty() && !raw.domains.is_bad() {
        let advice = "name the hosts that clients reach S3 by, such as `[s3.example.org]`";
        let place = crate::config::Place::absent("domains");
        check.findings.mistake(&place, format!("is missing: {advice}"));
    }
    let names: Vec<_> = raw.domains.items().iter().map(|item| domain(item, check)).collect();
    let places =
        raw.domains.items().iter().map(|item| (item.value.to_ascii_lowercase(), &item.place));
    check.unique("the host name", places);
    let names: Option<Vec<String>> = names.into_iter().collect();
    if raw.domains.is_bad() { None } else { Some(s3::Domains::new(names?)) }
}

fn domain(item: &Value<String>, check: &mut Check<'_>) -> Option<String> {
    // An IPv6 address may stand with or without its brackets.
    if let Ok(ip) = item.value.parse::<IpAddr>() {
        return Some(ip.to_string());
    }
    check.parse(item, |text| {
        let advice = "must be a host name or an IP address, without scheme, port or path";
        host_name(text).ok_or(advice)
    })
}

/// The outer Option: whether it could be read; the inner one: whether it was set.
#[expect(clippy::option_option, reason = "not set, set to nothing and broken are three things")]
pub(super) fn trusted_proxies(
    raw: &RawConfig,
    check: &mut Check<'_>,
) -> Option<Option<Vec<IpNet>>> {
    if !raw.trusted_proxies.is_written() {
        return Some(None);
    }
    let networks: Vec<_> =
        raw.trusted_proxies.get()?.value.iter().map(|item| network(item, check)).collect();
    Some(Some(networks.into_iter().collect::<Option<Vec<_>>>()?))
}

fn network(item: &Value<String>, check: &mut Check<'_>) -> Option<IpNet> {
    if let Ok(ip) = item.value.parse::<IpAddr>() {
        return Some(IpNet::from(ip));
    }
    let network = check.parse(item, |text| {
        let advice = "must be a network such as `10.0.0.0/8`, or an IP address";
        text.parse::<IpNet>().map_err(|_| advice)
    })?;
    if network.trunc() != network {
        let message =
            format!("`{network}` names a host, not a network: did you mean `{}`?", network.trunc());
        check.findings.mistake(&item.place, message);
        return None;
    }
    if network.prefix_len() == 0 {
        let message = "believes every client's `X-Forwarded-For`: anybody can claim any address";
        check.findings.warn(&item.place, message);
    }
    Some(network)
}

/// Names that may be taken out of a presigned URL.
pub(super) fn removable_query(raw: &RawConfig, check: &mut Check<'_>) -> Option<Vec<String>> {
    let mut names = Vec::new();
    for item in raw.removable_query_parameters.items() {
        let name = &item.value;
        if name.is_empty() || name.len() > 128 || !name.chars().all(|c| c.is_ascii_graphic()) {
            let message = "must be the exact name of a query parameter, 1 to 128 visible letters";
            check.findings.mistake(&item.place, message);
        } else if s3::is_query_name_of_aws(name) || sts::query::is_parameter(name) {
            let message = format!(
                "`{}` means something to AWS: without it, another request than the signed one would be decided about",
                shown(name)
            );
            check.findings.mistake(&item.place, message);
        } else {
            names.push(name.clone());
        }
    }
    (!raw.removable_query_parameters.is_bad()).then_some(names)
}

/// What ListBuckets shows.
pub(super) fn list_buckets(raw: &RawConfig, check: &mut Check<'_>) -> Option<ListBuckets> {
    match &raw.list_buckets {
        Field::Absent => Some(ListBuckets::Visible),
        Field::Bad => None,
        Field::Set(word) => check.parse(word, |text| match text {
            "visible" => Ok(ListBuckets::Visible),
            "all" => Ok(ListBuckets::All),
            _ => Err("must be `visible` or `all`"),
        }),
    }
}

pub(super) fn harmless_headers(
    raw: &RawConfig,
    check: &mut Check<'_>,
) -> Option<Vec<http::HeaderName>> {
    let mut headers = Vec::new();
    for item in raw.harmless_headers.items() {
        let name = item.value.to_ascii_lowercase();
        let header = http::HeaderName::try_from(name.as_str()).ok();
        match header.filter(|_| name.starts_with("x-amz-")) {
            Some(header) => headers.push(header),
            None => {
                let message = format!(
                    "`{}` must be the name of one header that begins with `x-amz-`: others are dropped anyhow",
                    shown(&item.value)
                );
                check.findings.mistake(&item.place, message);
            }
        }
    }
    (!raw.harmless_headers.is_bad()).then_some(headers)
}
