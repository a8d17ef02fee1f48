//! The stores, each for itself and all against each other.

use std::sync::Arc;

use s3::KeyRules;

use super::Check;
use super::credentials::credentials;
use crate::config::error::Place;
use crate::config::http_url::{HttpUrl, Scheme};
use crate::config::ignored::IgnoredHeader;
use crate::config::pem;
use crate::config::presets::Preset;
use crate::config::raw::{RawConfig, RawStore};
use crate::config::rules::Facts;
use crate::config::shape::{Field, Value, quoted};
use crate::config::stores::{
    Addressing, Authorization, BucketPattern, Capabilities, Store, Stores,
};

pub(super) fn stores(raw: &RawConfig, facts: &Facts<'_>, check: &mut Check<'_>) -> Option<Stores> {
    let serves_s3 = raw.listen.get().is_some_and(|listen| listen.value.s3.is_written());
    let items = raw.stores.items();
    if serves_s3 && items.is_empty() && !raw.stores.is_bad() {
        let message = "is missing: name at least one store, or leave out `listen.s3`";
        check.findings.mistake(&Place::absent("stores"), message);
    }
    let before = check.findings.mistakes().len();
    let stores: Vec<_> = items.iter().map(|item| store(item, facts, check)).collect();
    one_default(items, check);
    let names = |item: &Value<RawStore>| Some(item.value.name.get()?.value.clone());
    check.unique("the name", items.iter().filter_map(|item| Some((names(item)?, &item.place))));
    let stores: Option<Vec<Arc<Store>>> = stores.into_iter().collect();
    let stores = stores?;
    one_meaning(&stores, items, check);
    let fine = check.findings.mistakes().len() == before && !raw.stores.is_bad();
    fine.then(|| Stores::new(stores))
}

/// Exactly one store takes what nothing else decides.
fn one_default(items: &[Value<RawStore>], check: &mut Check<'_>) {
    let marked: Vec<_> = items.iter().filter(|item| item.value.default.or(false)).collect();
    match (items, marked.as_slice()) {
        ([] | [_], _) | (_, [_]) => {}
        (_, []) => {
            let message = "one of several stores must have `default: true`: buckets that no rule and no region decides are there";
            check.findings.mistake(&Place::absent("stores"), message);
        }
        (_, [first, others @ ..]) => {
            for other in others {
                let message = format!("`{}` is the default store already", first.place.path);
                check.findings.mistake(&other.place.key("default"), message);
            }
        }
    }
}

/// No bucket and no region means two stores.
fn one_meaning(stores: &[Arc<Store>], items: &[Value<RawStore>], check: &mut Check<'_>) {
    let placed: Vec<_> = stores.iter().zip(items.iter().map(|item| &item.place)).collect();
    for (index, (store, place)) in placed.iter().enumerate() {
        for (other, _) in placed.iter().take(index) {
            for pattern in &store.buckets {
                if let Some(clash) = other.buckets.iter().find(|other| clash(pattern, other)) {
                    let message = format!(
                        "`{}` and `{}` of the store `{}` could mean the same bucket, and neither is more exact: give the bucket to one of them by its exact name, or change a pattern",
                        pattern.as_str(),
                        clash.as_str(),
                        other.name
                    );
                    check.findings.mistake(&place.key("buckets"), message);
                }
            }
            if let Some(region) = store.regions.iter().find(|region| other.regions.contains(region))
            {
                let message = format!(
                    "`{}` means the store `{}` already: list other names in `regions` of one of them, which clients of that store then sign for",
                    region.as_str(),
                    other.name
                );
                check.findings.mistake(&place.key("regions"), message);
            }
        }
    }
}

/// Whether two rules of two stores leave open which one holds.
fn clash(left: &BucketPattern, right: &BucketPattern) -> bool {
    match (left, right) {
        (BucketPattern::Exact(left), BucketPattern::Exact(right)) => left == right,
        (BucketPattern::Glob(left), BucketPattern::Glob(right)) => {
            left.length() == right.length() && left.overlaps(right)
        }
        (BucketPattern::Exact(_), BucketPattern::Glob(_))
        | (BucketPattern::Glob(_), BucketPattern::Exact(_)) => false,
    }
}

fn store(item: &Value<RawStore>, facts: &Facts<'_>, check: &mut Check<'_>) -> Option<Arc<Store>> {
    let (raw, place) = (&item.value, &item.place);
    let name = check.parse_required(&raw.name, place, "name", "a short name", name);
    let advice = "scheme, host and port of the store";
    let endpoint = raw.endpoint.required(place, "endpoint", advice, &mut check.findings);
    let endpoint = endpoint.and_then(|text| check.url(text));
    let endpoint = endpoint.and_then(|url| endpoint_is_fine(url, raw, place, check));
    let region = check.parse_required(&raw.region, place, "region", "such as `us-east-1`", region);
    let regions = regions(raw, region.as_ref(), check);
    let buckets = buckets(raw, check);
    let credentials = credentials(raw, place, facts, check);
    let ca = ca(raw, check);
    let addressing = addressing(raw, endpoint.as_ref(), check);
    let authorization = authorization(raw, check);
    let preset = preset(raw, check);
    // A broken preset is a mistake already; what is written beside it is looked at with any.
    let assumed = preset.unwrap_or(Preset::unsaid());
    let key_rules = key_rules(raw, assumed, check);
    let refused_operations = refused_operations(raw, assumed, check);
    let ignored_headers = ignored_headers(raw, assumed, check);
    let capabilities = capabilities(raw, assumed.capabilities);
    preset?;
    Some(Arc::new(Store {
        name: name?,
        endpoint: endpoint?,
        region: region?,
        regions: regions?,
        buckets: buckets?,
        default: raw.default.or(false),
        credentials: credentials?,
        ca: ca?,
        insecure: raw.insecure_skip_tls_verify.or(false),
        addressing: addressing?,
        key_rules: key_rules?,
        authorization: authorization?,
        refused_operations: refused_operations?,
        ignored_headers: ignored_headers?,
        capabilities,
    }))
}

fn preset(raw: &RawStore, check: &mut Check<'_>) -> Option<&'static Preset> {
    match &raw.preset {
        Field::Absent => Some(Preset::unsaid()),
        Field::Bad => None,
        Field::Set(word) => check.parse(word, |text| {
            Preset::parse(text)
                .ok_or_else(|| format!("must be one of {}", quoted(&Preset::names())))
        }),
    }
}

fn capabilities(raw: &RawStore, preset: Capabilities) -> Capabilities {
    let Some(Value { value: written, .. }) = raw.capabilities.get() else { return preset };
    Capabilities {
        checksum_headers: written.checksum_headers.or(preset.checksum_headers),
        trailers: written.trailers.or(preset.trailers),
        discards_short_objects: written.discards_short_objects.or(preset.discards_short_objects),
        discards_short_parts: written.discards_short_parts.or(preset.discards_short_parts),
        quoted_if_match: written.quoted_if_match.or(preset.quoted_if_match),
        list_objects_v2: written.list_objects_v2.or(preset.list_objects_v2),
        copy_source_conditions: written.copy_source_conditions.or(preset.copy_source_conditions),
        object_tags: written.object_tags.or(preset.object_tags),
        bucket_owner: written.bucket_owner.or(preset.bucket_owner),
        versions: written.versions.or(preset.versions),
        encoded_listings: written.encoded_listings.or(preset.encoded_listings),
        object_size: written.object_size.or(preset.object_size),
        copied_tags: written.copied_tags.or(preset.copied_tags),
    }
}

fn authorization(raw: &RawStore, check: &mut Check<'_>) -> Option<Authorization> {
    match &raw.authorization {
        Field::Absent => Some(Authorization::Gateway),
        Field::Bad => None,
        Field::Set(word) => check.parse(word, |text| match text {
            "gateway" => Ok(Authorization::Gateway),
            "store" => Ok(Authorization::Store),
            _ => Err("must be `gateway` or `store`"),
        }),
    }
}

fn operation(text: &str) -> Result<s3::OperationKind, &'static str> {
    s3::OperationKind::parse(text)
        .ok_or("is no operation of S3: use its name in the API, as `SelectObjectContent`")
}

fn refused_operations(
    raw: &RawStore,
    preset: &Preset,
    check: &mut Check<'_>,
) -> Option<Vec<s3::OperationKind>> {
    if !raw.refused_operations.is_written() {
        // Whoever says which keys it takes for one says which store it is.
        let rgw = raw.key_rules.items().iter().any(|rule| rule.value == "rgw");
        let known = if rgw { Preset::parse("ceph-rgw").unwrap_or(preset) } else { preset };
        return Some(known.refused_operations().collect());
    }
    let items = raw.refused_operations.items();
    let all: Vec<_> = items.iter().map(|item| check.parse(item, operation)).collect();
    if raw.refused_operations.is_bad() { None } else { all.into_iter().collect() }
}

fn ignored_headers(
    raw: &RawStore,
    preset: &Preset,
    check: &mut Check<'_>,
) -> Option<Vec<IgnoredHeader>> {
    if !raw.ignored_headers.is_written() {
        return Some(preset.ignored_headers().collect());
    }
    let items = raw.ignored_headers.items();
    let all: Vec<_> = items.iter().map(|item| check.parse(item, str::parse)).collect();
    if raw.ignored_headers.is_bad() { None } else { all.into_iter().collect() }
}

/// A name for logs and metrics, where it must not need quoting.
pub(super) fn name(text: &str) -> Result<String, &'static str> {
    let fine = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    if (1..=64).contains(&text.len()) && text.bytes().all(fine) {
        Ok(text.to_owned())
    } else {
        Err("must be 1 to 64 letters, digits, `-`, `_` or `.`")
    }
}

fn region(text: &str) -> Result<sigv4::Region, &'static str> {
    sigv4::Region::parse(text).map_err(|_| "must be 1 to 64 letters, digits, `-`, `_` or `.`")
}

fn endpoint_is_fine(
    url: HttpUrl,
    raw: &RawStore,
    place: &Place,
    check: &mut Check<'_>,
) -> Option<HttpUrl> {
    let place =
        raw.endpoint.get().map_or_else(|| place.key("endpoint"), |found| found.place.clone());
    if !matches!(url.path(), "" | "/") {
        let message = format!("`{url}` must have no path: buckets are at the root of a store");
        check.findings.mistake(&place, message);
        return None;
    }
    if url.scheme() == Scheme::Http && !url.is_loopback() {
        let message = "is plain HTTP to another host: objects cross the network in the clear";
        check.findings.warn(&place, message);
    }
    if let Some(insecure) = raw.insecure_skip_tls_verify.get().filter(|found| found.value) {
        let message = "INSECURE: any certificate of this store is taken, whoever stands between reads and changes every object: set `ca_file` instead";
        check.findings.warn(&insecure.place, message);
    }
    Some(url)
}

/// The regions that mean the store: at least one, for clients must be told one.
fn regions(
    raw: &RawStore,
    own: Option<&sigv4::Region>,
    check: &mut Check<'_>,
) -> Option<Vec<sigv4::Region>> {
    match &raw.regions {
        Field::Absent => Some(vec![own?.clone()]),
        Field::Bad => None,
        Field::Set(list) if list.value.is_empty() => {
            let message = "must name at least one region, for clients that sign for another are told to use it";
            check.findings.mistake(&list.place, message);
            None
        }
        Field::Set(list) => {
            let regions: Vec<_> = list.value.iter().map(|item| check.parse(item, region)).collect();
            check.unique("the region", list.value.iter().map(|item| (&item.value, &item.place)));
            regions.into_iter().collect()
        }
    }
}

fn buckets(raw: &RawStore, check: &mut Check<'_>) -> Option<Vec<BucketPattern>> {
    if raw.buckets.is_bad() {
        return None;
    }
    let items = raw.buckets.items();
    let read: Vec<_> = items.iter().map(|item| check.parse(item, bucket)).collect();
    check.unique("the bucket", items.iter().map(|item| (&item.value, &item.place)));
    read.into_iter().collect()
}

fn bucket(text: &str) -> Result<BucketPattern, &'static str> {
    let advice = "must be a bucket name, or a pattern of one with `*` and `?`";
    if text.contains("**") {
        return Err("has `**`: one `*` is any run of characters");
    }
    // What a pattern stands for is a name; one with its wildcards filled in must be one, too.
    let filled = text.replace('*', "xxx").replace('?', "x");
    s3::Bucket::parse(&filled).map_err(|_| advice)?;
    Ok(BucketPattern::new(text))
}

/// The outer Option: whether it could be read.
#[expect(clippy::option_option, reason = "not written and broken are two things")]
fn ca(raw: &RawStore, check: &mut Check<'_>) -> Option<Option<pem::CaBundle>> {
    match &raw.ca_file {
        Field::Absent => Some(None),
        Field::Bad => None,
        Field::Set(file) if raw.insecure_skip_tls_verify.or(false) => {
            let message = "has no effect beside `insecure_skip_tls_verify`: remove that";
            check.findings.mistake(&file.place, message);
            None
        }
        Field::Set(file) => pem::ca_bundle(file, &check.sources, &mut check.findings).map(Some),
    }
}

fn addressing(
    raw: &RawStore,
    endpoint: Option<&HttpUrl>,
    check: &mut Check<'_>,
) -> Option<Addressing> {
    let text = match &raw.addressing {
        Field::Absent => return Some(Addressing::Path),
        Field::Bad => return None,
        Field::Set(text) => text,
    };
    let addressing = check.parse(text, |text| match text {
        "path" => Ok(Addressing::Path),
        "virtual" => Ok(Addressing::Virtual),
        _ => Err("must be `path` or `virtual`"),
    })?;
    if addressing == Addressing::Virtual && endpoint.is_some_and(|url| url.ip().is_some()) {
        let message = "cannot be `virtual`: there are no host names below an IP address";
        check.findings.mistake(&text.place, message);
        return None;
    }
    Some(addressing)
}

/// Each key rule by its name in the configuration, and each store that is known for some.
const KEY_RULES: [(&str, KeyRules); 10] = [
    (
        "leading-slash",
        KeyRules {
            folds_leading_slash: true,
            folds_leading_slash_of_prefix: true,
            ..KeyRules::EXACT
        },
    ),
    ("leading-slash-of-keys", KeyRules { folds_leading_slash: true, ..KeyRules::EXACT }),
    ("double-slash", KeyRules { folds_double_slash: true, ..KeyRules::EXACT }),
    ("dot-segments", KeyRules { folds_dot_segments: true, ..KeyRules::EXACT }),
    ("trailing-slash", KeyRules { folds_trailing_slash: true, ..KeyRules::EXACT }),
    ("case", KeyRules { folds_case: true, ..KeyRules::EXACT }),
    ("part-source", KeyRules { decodes_part_source_twice: true, ..KeyRules::EXACT }),
    ("rgw", KeyRules::RGW),
    ("minio", KeyRules::MINIO),
    ("files", KeyRules::FILES),
];

fn key_rules(raw: &RawStore, preset: &Preset, check: &mut Check<'_>) -> Option<KeyRules> {
    if raw.key_rules.is_bad() {
        return None;
    }
    if !raw.key_rules.is_written() {
        return Some(preset.key_rules);
    }
    let rule = |text: &str| {
        let found = KEY_RULES.iter().find(|(name, _)| *name == text);
        let names = quoted(&KEY_RULES.map(|(name, _)| name));
        found.map(|(_, rules)| *rules).ok_or_else(|| format!("must be one of {names}"))
    };
    let items = raw.key_rules.items();
    let rules: Vec<_> = items.iter().map(|item| check.parse(item, rule)).collect();
    let rules: Vec<KeyRules> = rules.into_iter().collect::<Option<_>>()?;
    let any = |rule: fn(&KeyRules) -> bool| rules.iter().any(rule);
    Some(KeyRules {
        folds_leading_slash: any(|rules| rules.folds_leading_slash),
        folds_leading_slash_of_prefix: any(|rules| rules.folds_leading_slash_of_prefix),
        folds_double_slash: any(|rules| rules.folds_double_slash),
        folds_dot_segments: any(|rules| rules.folds_dot_segments),
        folds_trailing_slash: any(|rules| rules.folds_trailing_slash),
        folds_case: any(|rules| rules.folds_case),
        decodes_part_source_twice: any(|rules| rules.decodes_part_source_twice),
    })
}
