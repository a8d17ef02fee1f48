//! Keys and passwords. Every one is made at start and lives as long as the process: nothing that
//! the demo accepts is known before it runs.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use crate::StartError;

/// The letters of an access key id: base32, as AWS uses them.
const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// `N` bytes from the operating system's generator.
pub(crate) fn bytes<const N: usize>() -> Result<[u8; N], StartError> {
    let mut bytes = [0; N];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| StartError::Crypto("no random numbers"))?;
    Ok(bytes)
}

/// An access key id for the store: `DEMO` and 16 letters. It names, it does not protect.
pub(crate) fn access_key() -> Result<String, StartError> {
    let letters = bytes::<16>()?.map(|byte| BASE32.get(usize::from(byte % 32)).copied());
    Ok("DEMO".chars().chain(letters.into_iter().flatten().map(char::from)).collect())
}

/// A secret access key: 240 random bits in the 40 characters that S3 tools expect.
pub(crate) fn secret_key() -> Result<String, StartError> {
    Ok(STANDARD.encode(bytes::<30>()?))
}

/// 144 random bits in 24 characters that need no quoting in a shell, a form or a file name.
pub(crate) fn word() -> Result<String, StartError> {
    Ok(URL_SAFE_NO_PAD.encode(bytes::<18>()?))
}
