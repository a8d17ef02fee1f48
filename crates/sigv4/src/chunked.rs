//! `aws-chunked` bodies: a length in hex, the payload, and so on to a chunk of length zero, with
//! signatures per chunk, trailers after the last, or both.
//!
//! Nothing here reads or writes: bytes go in, slices of the same bytes come out.

pub mod decode;
pub mod encode;
pub mod trailer;

pub use crate::signature::ChunkSeed;
pub use decode::{Decoder, Event, Framing};
pub use trailer::Trailers;

#[cfg(test)]
mod tests;
