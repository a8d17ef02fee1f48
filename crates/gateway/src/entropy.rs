//! The one place that asks the operating system for random bytes.

use aws_lc_rs::rand::{SecureRandom, SystemRandom};

/// The random source failed. Nothing that needs randomness may go on without it.
#[derive(Debug, thiserror::Error)]
#[error("the system's random source failed")]
pub struct NoEntropy;

/// `N` fresh random bytes.
///
/// # Errors
/// [`NoEntropy`] when the system's generator fails.
pub fn bytes<const N: usize>() -> Result<[u8; N], NoEntropy> {
    let mut out = [0; N];
    SystemRandom::new().fill(&mut out).map_err(|_| NoEntropy)?;
    Ok(out)
}
