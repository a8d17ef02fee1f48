//! SigV4a, the asymmetric Signature Version 4 ("How AWS signs requests: SigV4a", IAM user guide): signed
//! with a P-256 key that follows from the secret, for a set of regions instead of one.
//!
//! The secret is known here, so that the public key is derived anew for each check: one multiplication
//! on the curve, and nothing to keep.

use aws_lc_rs::agreement::{ECDH_P256, PrivateKey};
use aws_lc_rs::hmac;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
use zeroize::Zeroizing;

use crate::key::{AccessKeyId, SecretKey};
use crate::scope::{Region, ScopeDate, Service, TERMINATOR};
use crate::signature::{bytes32, hex32, sha256};
use crate::time::Timestamp;

/// The algorithm, in the header, the query and the string to sign.
pub(crate) const ALGORITHM: &str = "AWS4-ECDSA-P256-SHA256";

/// The order of P-256 less two (NIST SP 800-186, 3.2.1.3), big-endian.
const ORDER_LESS_TWO: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x4f,
];

/// The longest signature of P-256 in DER: two integers of 33 bytes and their headers.
const MAX_SIGNATURE: usize = 72;

/// The most regions of a set; AWS has about forty.
const MAX_REGIONS: usize = 64;

/// The regions that a SigV4a signature is for: `X-Amz-Region-Set`, names between commas in which `*`
/// stands for any text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegionSet(Box<[Box<str>]>);

impl RegionSet {
    /// `None` if it is empty, too long, or a part is no region, wildcards aside.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let is_pattern = |part: &str| {
            let named: String = part.chars().map(|c| if c == '*' { '-' } else { c }).collect();
            Region::parse(&named).is_ok()
        };
        let parts: Vec<&str> = text.split(',').map(str::trim).take(MAX_REGIONS + 1).collect();
        let fine = parts.len() <= MAX_REGIONS && parts.iter().all(|part| is_pattern(part));
        fine.then(|| Self(parts.into_iter().map(Box::from).collect()))
    }

    /// Whether the signature is for this region.
    #[must_use]
    pub fn covers(&self, region: &Region) -> bool {
        self.0.iter().any(|pattern| matches(pattern, region.as_str()))
    }
}

/// `*` is any text, also none. Leftmost pieces first: what is between the ends may stand anywhere.
fn matches(pattern: &str, text: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut text) = text.strip_prefix(start) else { return false };
    let (middle, end) = rest.rsplit_once('*').unwrap_or(("", rest));
    for piece in middle.split('*').filter(|piece| !piece.is_empty()) {
        match text.split_once(piece) {
            Some((_, after)) => text = after,
            None => return false,
        }
    }
    text.ends_with(end)
}

/// A signature in DER, from an even number of lower-case hex digits.
pub(crate) fn parse_signature(digits: &str) -> Option<Box<[u8]>> {
    let nibble = |digit: &u8| match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    };
    if digits.is_empty() || digits.len() > 2 * MAX_SIGNATURE {
        return None;
    }
    let pairs = digits.as_bytes().chunks(2).map(|pair| match pair {
        [high, low] => Some(nibble(high)? << 4 | nibble(low)?),
        _ => None,
    });
    pairs.collect()
}

/// The string to sign: as that of SigV4, with a scope that names no region.
pub(crate) fn string_to_sign(
    at: Timestamp,
    date: ScopeDate,
    service: Service,
    canonical_request: &[u8],
) -> Vec<u8> {
    let mut out = Vec::with_capacity(160);
    let (date, service) = (date.as_str(), service.as_str());
    let lines = format!("{ALGORITHM}\n{}\n{date}/{service}/{TERMINATOR}\n", at.basic());
    out.extend_from_slice(lines.as_bytes());
    out.extend_from_slice(&hex32(&sha256(canonical_request)));
    out
}

/// Whether whoever holds the secret made this signature.
pub(crate) fn holds(
    id: &AccessKeyId,
    secret: &SecretKey,
    string_to_sign: &[u8],
    signature: &[u8],
) -> bool {
    let public = private_key(id, secret)
        .and_then(|key| PrivateKey::from_private_key(&ECDH_P256, &*key).ok())
        .and_then(|key| key.compute_public_key().ok());
    public.is_some_and(|public| {
        let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, public);
        key.verify(string_to_sign, signature).is_ok()
    })
}

/// The key pair's number: KDF in counter mode (NIST SP 800-108) over the access key id and an outer
/// counter, until it is one below the order; a second round happens once in 2^32 keys.
fn private_key(id: &AccessKeyId, secret: &SecretKey) -> Option<Zeroizing<[u8; 32]>> {
    let mut first = Zeroizing::new(Vec::with_capacity(5 + secret.expose().len()));
    first.extend_from_slice(b"AWS4A");
    first.extend_from_slice(secret.expose().as_bytes());
    let key = hmac::Key::new(hmac::HMAC_SHA256, &first);
    (1..=254_u8).find_map(|counter| {
        let mut context = hmac::Context::with_key(&key);
        context.update(&1_u32.to_be_bytes());
        context.update(ALGORITHM.as_bytes());
        context.update(&[0]);
        context.update(id.as_str().as_bytes());
        context.update(&[counter]);
        context.update(&256_u32.to_be_bytes());
        one_more(&Zeroizing::new(bytes32(context.sign().as_ref())))
    })
}

/// The candidate plus one, if that is a key. Looks at every byte whatever they are.
fn one_more(candidate: &[u8; 32]) -> Option<Zeroizing<[u8; 32]>> {
    let mut borrow = 0;
    let mut carry = 1;
    let mut sum = Zeroizing::new([0; 32]);
    let bytes = candidate.iter().zip(&ORDER_LESS_TWO).zip(sum.iter_mut()).rev();
    for ((byte, limit), slot) in bytes {
        let (byte, limit) = (u16::from(*byte), u16::from(*limit));
        borrow = limit.wrapping_sub(byte).wrapping_sub(borrow) >> 15;
        carry += byte;
        *slot = carry.to_be_bytes()[1];
        carry >>= 8;
    }
    (borrow == 0).then_some(sum)
}

#[cfg(test)]
mod tests;
