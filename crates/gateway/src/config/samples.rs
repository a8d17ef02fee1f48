//! Keys and providers that everybody knows, and that must not open anything in production (A54).
//!
//! They are recognised by fingerprint, so that this list is no list of passwords to try.

use aws_lc_rs::digest::{SHA256, digest};

use super::error::Place;
use super::secret::SecretText;
use super::shape::Value;
use super::validate::Check;
use super::{HttpUrl, Samples};

/// SHA-256 of secret keys that stand in documentation, samples and tests.
const SECRETS: &[&str] = &[
    // AWS's documentation
    "78314b11be2e581549ac1c4f616563fad3fdf0c3b71678f6e2299182080e0598",
    // AWS's documentation, other spelling
    "e8a0614b6747a06ff9a2728dd2250bf13068310cd2550ebc3cecd4d287a4e259",
    // AWS's documentation of presigned URLs
    "0114c1456f2504384f9111557e6dc0dd99de9fbc6644c6afa8a1bcac8ef391b1",
    // AWS's documentation of users
    "e21b597ba6b9cafa59d9ebc4d65c0385f5eb3fa56abab2607fa76589ad849a33",
    // MinIO
    "ad9858116e63b0c5a4d7dc7f50f034c7247e56838dae22c1832712ffde48e694",
    // MinIO's documentation
    "179c076ac522159dbbd50d4f1d84faf05551fe5b59d7e5824a800d46559fb1d1",
    // Ceph's vstart and test suites
    "f8577d37397676fa287877621da94b7e5836f1ea1a48df65289a252b7b7c9a3a",
    // Ceph's test suites
    "632a191672e87b8e973617f6b3eddb59e3ac92f606b9e568afd71dd77604f6ed",
    // Ceph's documentation
    "757f923621f272357aeb8810ca736dce22bfead54d1377f37d57c50cc134f81c",
    // placeholders
    "057ba03d6c44104863dc7361fe4578965d1887360f90a0895882e58a6248fc86",
    "e2186dbdb1bb4193608605e84f33208765b5693b55edd4f730a719a100eeea6f",
    "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b",
    "5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8",
    "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "8c6976e5b5410415bde908bd4dee15dfb167a9c873fc4bb8a81f6f2ab448a918",
    "2a97516c354b68848cdbd8f54a226a0a55b21ed138e207ad6c5cbb9c00aa5aea",
    "ad165b11320bc91501ab08613cc3a48a62a6caca4d5c8b14ca82cc313b3b96cd",
    "6523e58bc0eec42c31b9635d5e0dfc23b6d119b73e633bf3a5284c79bb4a1ede",
    "73ef2a4edd7a7fbf07fd5f6faf99674dc0c25a025fd74c221f4c35849e5c0fb3",
    // Examples of ring keys in our documentation
    "e6bf04d8787b5ae58cb559d1f07a911b03bbbf190defabee0d3297ce939e9bd3",
    "6770647cb6c39569688adcc5509fa0419d9ae2a069e26c4f9b0d0ac60680a42f",
    "444cd185fa103bbc2771d7e6894bb756ca0ba311d1e200652b75206e13afe80b",
];

/// Whether a secret is publicly known.
pub(crate) fn is_public(secret: &str) -> bool {
    let fingerprint = hex::encode(digest(&SHA256, secret.as_bytes()));
    SECRETS.contains(&fingerprint.as_str())
}

/// A secret of ours that is publicly known is refused.
pub(super) fn judge_own_secret(secret: &SecretText, place: &Place, check: &mut Check<'_>) {
    if check.samples == Samples::Refuse && is_public(secret.expose()) {
        let message = "is a sample key that stands in public documentation: make one of your own, for example with `openssl rand -base64 30`";
        check.findings.mistake(place, message);
    }
}

/// A key ring with a key that is publicly known is refused.
pub(super) fn judge_ring(ring: &SecretText, place: &Place, check: &mut Check<'_>) {
    let keys = ring.expose().lines().filter_map(|line| line.split_whitespace().nth(2));
    let mut public = keys.filter(|key| is_public(key));
    if check.samples == Samples::Refuse && public.next().is_some() {
        let message = "holds a sample key that stands in public documentation: whoever knows it can make sessions; add a key with `fakes3pp keys add`, activate it and remove the other";
        check.findings.mistake(place, message);
    }
}

/// A store's secret that is publicly known is the store's weakness: it is told.
pub(super) fn judge_store_secret(secret: &SecretText, place: &Place, check: &mut Check<'_>) {
    if check.samples == Samples::Refuse && is_public(secret.expose()) {
        let message = "is a default or sample key that stands in public documentation: anybody who reaches the store can use it beside the gateway";
        check.findings.warn(place, message);
    }
}

/// Names that are reserved for documentation (RFC 2606): no provider is there, and a sample that
/// was not edited must not start.
pub(super) fn judge_issuer(issuer: &Value<String>, check: &mut Check<'_>) {
    let Ok(url) = HttpUrl::parse(&issuer.value) else {
        return;
    };
    let reserved = ["example.com", "example.org", "example.net", "example", "invalid", "test"];
    let below = |name: &&str| {
        url.host().strip_suffix(*name).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    if check.samples == Samples::Refuse && reserved.iter().any(below) {
        let message =
            format!("`{}` is a name for documentation: write your provider's issuer", issuer.value);
        check.findings.mistake(&issuer.place, message);
    }
}
