//! Checksums of a body: what the client says it is, and what it turns out to be.

use std::hash::Hasher as _;

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use crc_fast::CrcAlgorithm;
use http::HeaderMap;
use md5::{Digest as _, Md5};
use twox_hash::{XxHash3_64, XxHash3_128, XxHash64};

use crate::code::AwsCode;
use crate::operation::OperationKind;

/// An algorithm of `x-amz-checksum-*`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// CRC-32 (ISO HDLC).
    Crc32,
    /// CRC-32C (iSCSI).
    Crc32c,
    /// CRC-64/NVME.
    Crc64Nvme,
    /// SHA-1.
    Sha1,
    /// SHA-256.
    Sha256,
    /// SHA-512.
    Sha512,
    /// MD5, beside and not instead of `Content-MD5`.
    Md5,
    /// XXH64 with seed 0, as a big-endian number.
    XxHash64,
    /// XXH3 of 64 bits, likewise.
    XxHash3,
    /// XXH3 of 128 bits, likewise.
    XxHash128,
}

impl Algorithm {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::Crc32,
        Self::Crc32c,
        Self::Crc64Nvme,
        Self::Sha1,
        Self::Sha256,
        Self::Sha512,
        Self::Md5,
        Self::XxHash64,
        Self::XxHash3,
        Self::XxHash128,
    ];

    /// The name of the header or trailer that holds the checksum.
    #[must_use]
    pub const fn header_name(self) -> &'static str {
        match self {
            Self::Crc32 => "x-amz-checksum-crc32",
            Self::Crc32c => "x-amz-checksum-crc32c",
            Self::Crc64Nvme => "x-amz-checksum-crc64nvme",
            Self::Sha1 => "x-amz-checksum-sha1",
            Self::Sha256 => "x-amz-checksum-sha256",
            Self::Sha512 => "x-amz-checksum-sha512",
            Self::Md5 => "x-amz-checksum-md5",
            Self::XxHash64 => "x-amz-checksum-xxhash64",
            Self::XxHash3 => "x-amz-checksum-xxhash3",
            Self::XxHash128 => "x-amz-checksum-xxhash128",
        }
    }

    /// The name of the element that holds the checksum in documents.
    #[must_use]
    pub const fn element_name(self) -> &'static str {
        match self {
            Self::Crc32 => "ChecksumCRC32",
            Self::Crc32c => "ChecksumCRC32C",
            Self::Crc64Nvme => "ChecksumCRC64NVME",
            Self::Sha1 => "ChecksumSHA1",
            Self::Sha256 => "ChecksumSHA256",
            Self::Sha512 => "ChecksumSHA512",
            Self::Md5 => "ChecksumMD5",
            Self::XxHash64 => "ChecksumXXHASH64",
            Self::XxHash3 => "ChecksumXXHASH3",
            Self::XxHash128 => "ChecksumXXHASH128",
        }
    }

    /// The algorithm of a header or trailer, by its name in whatever case.
    #[must_use]
    pub fn from_header_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.header_name().eq_ignore_ascii_case(name))
    }

    /// The value of `x-amz-sdk-checksum-algorithm`.
    #[must_use]
    pub const fn sdk_name(self) -> &'static str {
        match self {
            Self::Crc32 => "CRC32",
            Self::Crc32c => "CRC32C",
            Self::Crc64Nvme => "CRC64NVME",
            Self::Sha1 => "SHA1",
            Self::Sha256 => "SHA256",
            Self::Sha512 => "SHA512",
            Self::Md5 => "MD5",
            Self::XxHash64 => "XXHASH64",
            Self::XxHash3 => "XXHASH3",
            Self::XxHash128 => "XXHASH128",
        }
    }

    /// The algorithm that `x-amz-sdk-checksum-algorithm` names, in whatever case.
    #[must_use]
    pub fn from_sdk_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.sdk_name().eq_ignore_ascii_case(name))
    }

    /// How many characters it has in base64, as in headers and trailers.
    #[must_use]
    pub const fn base64_length(self) -> usize {
        self.length().div_ceil(3) * 4
    }

    /// How many bytes a checksum has.
    #[must_use]
    pub const fn length(self) -> usize {
        match self {
            Self::Crc32 | Self::Crc32c => 4,
            Self::Crc64Nvme | Self::XxHash64 | Self::XxHash3 => 8,
            Self::Md5 | Self::XxHash128 => 16,
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha512 => 64,
        }
    }
}

/// A checksum that is being calculated.
#[derive(Clone)]
pub struct Hasher {
    algorithm: Algorithm,
    state: State,
}

#[derive(Clone)]
enum State {
    /// On the heap: it holds 300 bytes of tables.
    Crc(Box<crc_fast::Digest>),
    Sha(digest::Context),
    Md5(Md5),
    /// These hold hundreds of bytes, too.
    XxHash64(Box<XxHash64>),
    XxHash3(Box<XxHash3_64>),
    XxHash128(Box<XxHash3_128>),
}

impl std::fmt::Debug for Hasher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hasher").field("algorithm", &self.algorithm).finish_non_exhaustive()
    }
}

impl Hasher {
    /// Begins.
    #[must_use]
    pub fn new(algorithm: Algorithm) -> Self {
        let crc = |algorithm| State::Crc(Box::new(crc_fast::Digest::new(algorithm)));
        let state = match algorithm {
            Algorithm::Crc32 => crc(CrcAlgorithm::Crc32IsoHdlc),
            Algorithm::Crc32c => crc(CrcAlgorithm::Crc32Iscsi),
            Algorithm::Crc64Nvme => crc(CrcAlgorithm::Crc64Nvme),
            Algorithm::Sha1 => State::Sha(digest::Context::new(&digest::SHA1_FOR_LEGACY_USE_ONLY)),
            Algorithm::Sha256 => State::Sha(digest::Context::new(&digest::SHA256)),
            Algorithm::Sha512 => State::Sha(digest::Context::new(&digest::SHA512)),
            Algorithm::Md5 => State::Md5(Md5::new()),
            Algorithm::XxHash64 => State::XxHash64(Box::new(XxHash64::with_seed(0))),
            Algorithm::XxHash3 => State::XxHash3(Box::new(XxHash3_64::with_seed(0))),
            Algorithm::XxHash128 => State::XxHash128(Box::new(XxHash3_128::with_seed(0))),
        };
        Self { algorithm, state }
    }

    /// The algorithm.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Adds bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        match &mut self.state {
            State::Crc(crc) => crc.update(bytes),
            State::Sha(sha) => sha.update(bytes),
            State::Md5(md5) => md5.update(bytes),
            State::XxHash64(hash) => hash.write(bytes),
            State::XxHash3(hash) => hash.write(bytes),
            State::XxHash128(hash) => hash.write(bytes),
        }
    }

    /// The checksum.
    #[must_use]
    pub fn finish(self) -> Checksum {
        let bytes = match self.state {
            State::Crc(crc) if self.algorithm.length() == 4 => {
                crc.finalize().to_be_bytes().into_iter().skip(4).collect()
            }
            State::Crc(crc) => crc.finalize().to_be_bytes().to_vec(),
            State::Sha(sha) => sha.finish().as_ref().to_vec(),
            State::Md5(md5) => md5.finalize().to_vec(),
            State::XxHash64(hash) => hash.finish().to_be_bytes().to_vec(),
            State::XxHash3(hash) => hash.finish().to_be_bytes().to_vec(),
            State::XxHash128(hash) => hash.finish_128().to_be_bytes().to_vec(),
        };
        Checksum { algorithm: self.algorithm, bytes }
    }
}

/// A checksum, calculated or claimed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checksum {
    algorithm: Algorithm,
    bytes: Vec<u8>,
}

impl Checksum {
    /// Reads the value of a header or trailer.
    ///
    /// # Errors
    /// [`ChecksumError::Value`] when it is not base64, or not of the right length.
    pub fn parse(algorithm: Algorithm, value: &str) -> Result<Self, ChecksumError> {
        let bytes = STANDARD.decode(value).ok().filter(|bytes| bytes.len() == algorithm.length());
        let bytes = bytes.ok_or(ChecksumError::Value(algorithm.header_name()))?;
        Ok(Self { algorithm, bytes })
    }

    /// The algorithm.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The value as it stands in a header, trailer or document.
    #[must_use]
    pub fn to_base64(&self) -> String {
        STANDARD.encode(&self.bytes)
    }
}

/// `Content-MD5`: the checksum of the body, and its value in the header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ContentMd5([u8; 16]);

impl ContentMd5 {
    /// Reads the header.
    ///
    /// # Errors
    /// [`ChecksumError::Value`] when it is not base64 of sixteen bytes.
    pub fn parse(value: &str) -> Result<Self, ChecksumError> {
        let bytes = STANDARD.decode(value).ok().and_then(|bytes| bytes.try_into().ok());
        bytes.map(Self).ok_or(ChecksumError::Value("content-md5"))
    }

    /// Of a whole body.
    #[must_use]
    pub fn of(body: &[u8]) -> Self {
        let mut hasher = Md5Hasher::new();
        hasher.update(body);
        hasher.finish()
    }

    /// The value for the header.
    #[must_use]
    pub fn to_base64(&self) -> String {
        STANDARD.encode(self.0)
    }
}

/// A `Content-MD5` that is being calculated.
#[derive(Clone, Default)]
pub struct Md5Hasher(Md5);

impl std::fmt::Debug for Md5Hasher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Md5Hasher").finish_non_exhaustive()
    }
}

impl Md5Hasher {
    /// Begins.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The checksum.
    #[must_use]
    pub fn finish(self) -> ContentMd5 {
        ContentMd5(self.0.finalize().into())
    }
}

/// What a request says of its body, by header or by announcing a trailer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Declared {
    /// `Content-MD5`.
    pub md5: Option<ContentMd5>,
    /// An `x-amz-checksum-*` header.
    pub header: Option<Checksum>,
    /// An `x-amz-checksum-*` that `x-amz-trailer` announces.
    pub trailer: Option<Algorithm>,
}

/// Why what a request says of its body is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChecksumError {
    /// A value that is not base64 of the right length.
    #[error("value for `{0}` is invalid")]
    Value(&'static str),
    /// Two checksums: it would not be clear which one the store keeps.
    #[error("expecting a single x-amz-checksum- header or trailer")]
    Several,
    /// `x-amz-sdk-checksum-algorithm` names another algorithm than the checksum that is there, or
    /// none that we know.
    #[error(
        "x-amz-sdk-checksum-algorithm does not agree with the x-amz-checksum- header or trailer"
    )]
    Algorithm,
    /// `x-amz-sdk-checksum-algorithm` without a checksum.
    #[error(
        "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer headers were found"
    )]
    Absent,
    /// A document that AWS takes only with a checksum ([`is_required`]) and that has none.
    #[error("missing required header for this request: Content-MD5 OR x-amz-checksum-*")]
    Required,
    /// `x-amz-trailer` announces something that is no checksum.
    #[error("the value specified in the x-amz-trailer header is not supported")]
    Trailer,
}

impl ChecksumError {
    /// The code that the client reads.
    #[must_use]
    pub fn code(&self) -> AwsCode {
        match self {
            Self::Value("content-md5") => AwsCode::InvalidDigest,
            Self::Value(_)
            | Self::Several
            | Self::Algorithm
            | Self::Absent
            | Self::Required
            | Self::Trailer => AwsCode::InvalidRequest,
        }
    }
}

impl Declared {
    /// Reads the headers of an operation ([`Operation::headers`](crate::Operation::headers)) whose
    /// checksums are of the body.
    ///
    /// # Errors
    /// [`ChecksumError`].
    pub fn read(headers: &HeaderMap) -> Result<Self, ChecksumError> {
        let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or(""));
        let md5 = text("content-md5").map(ContentMd5::parse).transpose()?;
        let mut declared = Self { md5, ..Self::default() };
        for algorithm in Algorithm::ALL {
            if let Some(value) = text(algorithm.header_name()) {
                let checksum = Checksum::parse(algorithm, value)?;
                if declared.header.replace(checksum).is_some() {
                    return Err(ChecksumError::Several);
                }
            }
        }
        declared.trailer = trailer(text("x-amz-trailer"))?;
        let present = match (&declared.header, declared.trailer) {
            (Some(_), Some(_)) => return Err(ChecksumError::Several),
            (Some(checksum), None) => Some(checksum.algorithm),
            (None, trailer) => trailer,
        };
        match (text("x-amz-sdk-checksum-algorithm"), present) {
            (None, _) => Ok(declared),
            (Some(_), None) => Err(ChecksumError::Absent),
            (Some(name), Some(present)) if Algorithm::from_sdk_name(name) == Some(present) => {
                Ok(declared)
            }
            (Some(_), Some(_)) => Err(ChecksumError::Algorithm),
        }
    }

    /// Whether there is nothing to verify the body by.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.md5.is_none() && self.algorithm().is_none()
    }

    /// What has to be calculated while the body streams.
    #[must_use]
    pub fn algorithm(&self) -> Option<Algorithm> {
        self.header.as_ref().map(Checksum::algorithm).or(self.trailer)
    }
}

/// How large the object of an upload will be, in bytes (API reference of CompleteMultipartUpload).
pub const OBJECT_SIZE: &str = "x-amz-mp-object-size";

/// What CompleteMultipartUpload says of the object that it makes. Whether it is so, the store that has the parts knows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OfObject {
    /// The algorithm of its checksum.
    pub algorithm: Option<Algorithm>,
    /// Its size in bytes.
    pub size: Option<u64>,
}

impl OfObject {
    /// Reads the headers of the operation.
    ///
    /// # Errors
    /// [`ChecksumError::Value`], [`ChecksumError::Several`].
    pub fn read(headers: &HeaderMap) -> Result<Self, ChecksumError> {
        let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or(""));
        let mut said = Self::default();
        for algorithm in Algorithm::ALL {
            let Some(value) = text(algorithm.header_name()) else { continue };
            // One of the checksums of its parts has their count behind it.
            let (value, parts) = value.split_once('-').unwrap_or((value, "1"));
            Checksum::parse(algorithm, value)?;
            if !is_number(parts) {
                return Err(ChecksumError::Value(algorithm.header_name()));
            }
            if said.algorithm.replace(algorithm).is_some() {
                return Err(ChecksumError::Several);
            }
        }
        if let Some(size) = text(OBJECT_SIZE) {
            let number = if is_number(size) { size.parse().ok() } else { None };
            said.size = Some(number.ok_or(ChecksumError::Value(OBJECT_SIZE))?);
        }
        Ok(said)
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether AWS takes the document of an operation only with `Content-MD5` or a checksum: those
/// whose mistakes cannot be taken back. A gateway answers [`ChecksumError::Required`] where there
/// is none.
#[must_use]
pub fn is_required(operation: OperationKind) -> bool {
    matches!(
        operation,
        OperationKind::DeleteObjects
            | OperationKind::PutBucketLifecycleConfiguration
            | OperationKind::PutBucketReplication
            | OperationKind::PutObjectLegalHold
            | OperationKind::PutObjectLockConfiguration
            | OperationKind::PutObjectRetention
            | OperationKind::PutObjectTagging
    )
}

fn trailer(announced: Option<&str>) -> Result<Option<Algorithm>, ChecksumError> {
    let mut found = None;
    for name in
        announced.unwrap_or_default().split(',').map(str::trim).filter(|name| !name.is_empty())
    {
        // The signature of signed trailers is part of the framing.
        if name.eq_ignore_ascii_case("x-amz-trailer-signature") {
            continue;
        }
        let algorithm = Algorithm::from_header_name(name).ok_or(ChecksumError::Trailer)?;
        if found.replace(algorithm).is_some() {
            return Err(ChecksumError::Several);
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests;
