//! Identifiers that look like AWS's.

use aws_lc_rs::digest;

/// RFC 4648 base32: the alphabet of AWS's key and principal ids.
const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// Base32 without padding.
fn base32(bytes: &[u8]) -> String {
    let mut text = String::new();
    let (mut buffer, mut bits) = (0_u32, 0_u32);
    for byte in bytes {
        buffer = (buffer << 8) | u32::from(*byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            push_digit(&mut text, buffer >> bits);
        }
        buffer &= (1 << bits) - 1;
    }
    if bits > 0 {
        push_digit(&mut text, buffer << (5 - bits));
    }
    text
}

fn push_digit(text: &mut String, value: u32) {
    let digit = usize::try_from(value & 31).ok().and_then(|index| BASE32.get(index));
    text.extend(digit.map(|digit| char::from(*digit)));
}

/// `ASIA` and 16 characters: the id of a temporary access key, from 10 bytes of entropy.
pub(crate) fn temporary_access_key_id(entropy: &[u8; 10]) -> String {
    format!("ASIA{}", base32(entropy))
}

/// The unique id of a role or user that has none of its own: prefix and 17 characters, always the
/// same for one ARN, so that replicas agree without talking.
fn principal_id(prefix: &str, arn: &str) -> String {
    let hash = digest::digest(&digest::SHA256, arn.as_bytes());
    let digits: String = base32(hash.as_ref()).chars().take(17).collect();
    format!("{prefix}{digits}")
}

/// `AROA...`, for a role file without `RoleId`.
pub(crate) fn role_id(arn: &str) -> String {
    principal_id("AROA", arn)
}

/// `AIDA...`, for a static user.
pub(crate) fn user_id(arn: &str) -> String {
    principal_id("AIDA", arn)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4648 section 10, without the padding.
    #[test]
    fn base32_test_vectors() {
        for (input, expected) in [
            ("", ""),
            ("f", "MY"),
            ("fo", "MZXQ"),
            ("foo", "MZXW6"),
            ("foob", "MZXW6YQ"),
            ("fooba", "MZXW6YTB"),
            ("foobar", "MZXW6YTBOI"),
        ] {
            assert_eq!(base32(input.as_bytes()), expected);
        }
    }

    #[test]
    fn ids_have_the_form_of_aws() {
        let id = temporary_access_key_id(&[0xff; 10]);
        assert_eq!(id, "ASIA7777777777777777");
        assert_eq!(role_id("arn:aws:iam::000000000000:role/a").len(), 21);
        assert_ne!(
            role_id("arn:aws:iam::000000000000:role/a"),
            role_id("arn:aws:iam::000000000000:role/b")
        );
        assert!(user_id("arn:aws:iam::000000000000:user/a").starts_with("AIDA"));
    }
}
