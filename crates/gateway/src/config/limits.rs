//! Every timeout and size of the gateway: its default and why that number.
//!
//! Whatever a client, a store or an identity provider can make long, one of these bounds.

use std::time::Duration;

use super::error::{Findings, Place};
use super::shape::Value;
use super::units::{ByteSize, Written};

/// One declaration gives the typed limits, what the user may write, and the rows of the key table.
macro_rules! limits {
    ( $( $(#[doc = $doc:literal])+ $key:ident : $type:ty = $default:expr, $least:expr => $most:expr; )* ) => {
        /// The limits as they hold: defaults, with what the user wrote over them.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct Limits {
            $( $(#[doc = $doc])+ pub $key: $type, )*
        }

        impl Default for Limits {
            fn default() -> Self {
                Self { $( $key: $default, )* }
            }
        }

        $crate::config::shape::section! {
            /// What the user wrote.
            RawLimits {
                $( $(#[doc = $doc])+ $key: <$type as Limit>::Written = <$type as Limit>::show($default); )*
            }
        }

        impl Limits {
            /// The defaults with what the user wrote over them, each in its range.
            pub(crate) fn from_raw(raw: &RawLimits, findings: &mut Findings) -> Self {
                let mut limits = Self::default();
                $(
                    if let Some(written) = raw.$key.get() {
                        set(&mut limits.$key, written, $least, $most, findings);
                    }
                )*
                limits.judge(raw, findings);
                limits
            }
        }
    };
}

/// A type of limit: how it is written, and how shown.
pub(crate) trait Limit: Copy + PartialOrd {
    /// What is read from the configuration.
    type Written: Copy;
    /// None if the machine has no such number.
    fn from_written(written: Self::Written) -> Option<Self>;
    fn show(limit: Self) -> String;
}

impl Limit for Duration {
    type Written = Self;
    fn from_written(written: Self) -> Option<Self> {
        Some(written)
    }
    fn show(limit: Self) -> String {
        Written(limit).to_string()
    }
}

impl Limit for ByteSize {
    type Written = Self;
    fn from_written(written: Self) -> Option<Self> {
        Some(written)
    }
    fn show(limit: Self) -> String {
        limit.to_string()
    }
}

impl Limit for usize {
    type Written = u64;
    fn from_written(written: u64) -> Option<Self> {
        Self::try_from(written).ok()
    }
    fn show(limit: Self) -> String {
        limit.to_string()
    }
}

/// Takes a limit that is in its range.
fn set<T: Limit>(
    limit: &mut T,
    written: &Value<T::Written>,
    least: T,
    most: T,
    findings: &mut Findings,
) {
    match T::from_written(written.value) {
        Some(value) if value >= least && value <= most => *limit = value,
        Some(_) | None => {
            let (least, most) = (T::show(least), T::show(most));
            findings.mistake(&written.place, format!("must be from {least} to {most}"));
        }
    }
}

const fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

const fn minutes(count: u64) -> Duration {
    Duration::from_secs(count * 60)
}

limits! {
    /// Connections that S3 and STS together hold open; further ones are answered `SlowDown` (with
    /// TLS, just closed). The admin listener has 64 of its own. One costs about 20 KiB and a file
    /// descriptor here, and another descriptor while the store is asked: 4096 stay below 100 MiB
    /// and the usual limit of files.
    max_connections: usize = 4096, 1 => 1_000_000;

    /// Requests that are worked on at one time; a further one is answered `SlowDown`. It bounds
    /// the buffers and store connections that clients can claim, whatever they do.
    requests_in_flight: usize = 1024, 1 => 1_000_000;

    /// For a TLS handshake: two round trips and a signature; whoever needs longer holds a place
    /// without having sent a request.
    tls_handshake_timeout: Duration = seconds(10), seconds(1) => minutes(2);

    /// From the first byte of a request's head to its last. A head fits in a few packets, so only
    /// a very bad line or a slow-header attack takes longer.
    header_read_timeout: Duration = seconds(10), seconds(1) => minutes(2);

    /// Of a request's head. S3 allows 8 KiB of headers with 2 KiB of metadata in them; a session
    /// token takes up to 4 KiB, and a presigned URL carries all that in one line, encoded.
    max_header_bytes: ByteSize = ByteSize::kib(64), ByteSize::kib(16) => ByteSize::mib(1);

    /// Without a request on a kept connection. Longer than the 60 seconds after which common load
    /// balancers give up, so that they, not we, close first and no request is lost between.
    idle_timeout: Duration = seconds(75), seconds(1) => minutes(60);

    /// Without a byte of a body that a client is sending or reading. SDKs themselves give up on a
    /// silent connection after 60 seconds.
    body_idle_timeout: Duration = seconds(60), seconds(1) => minutes(60);

    /// Bodies up to this size are held whole until they are verified, and a checksum trailer then
    /// becomes a header. Most small objects fit; larger ones stream.
    small_body: ByteSize = ByteSize::kib(256), ByteSize::kib(8) => ByteSize::mib(8);

    /// All bodies that are held whole, together. Beyond it they stream as large ones do.
    small_bodies_total: ByteSize = ByteSize::mib(16), ByteSize::mib(1) => ByteSize::gib(16);

    /// All XML documents that are being worked on, together: those of clients (bulk deletes of up
    /// to 8 MiB, completed uploads of up to 4 MiB, each counted three times: text, meaning, and
    /// text for the store), and apart from them, up to the same size, those of stores that are
    /// rewritten. Beyond it such requests are answered `SlowDown`.
    document_total: ByteSize = ByteSize::mib(96), ByteSize::mib(24) => ByteSize::gib(16);

    /// Of an object or a part in one request. S3 allows 5 GiB.
    max_object_size: ByteSize = ByteSize::gib(5), ByteSize::mib(5) => ByteSize::gib(5120);

    /// For a connection to a store, TLS included. A store on the same continent needs well under
    /// a second; three lost packets take three.
    store_connect_timeout: Duration = seconds(5), Duration::from_millis(100) => minutes(2);

    /// From the last byte of a request to the first of the store's answer. Stores on spinning
    /// disks take seconds when they are busy.
    store_first_byte_timeout: Duration = seconds(30), seconds(1) => minutes(60);

    /// The same for listings, which some stores sort across many shards first.
    store_list_first_byte_timeout: Duration = seconds(60), seconds(1) => minutes(60);

    /// The same for CopyObject, UploadPartCopy and CompleteMultipartUpload: the store moves up to
    /// 5 GiB before it answers.
    store_copy_first_byte_timeout: Duration = minutes(15), seconds(1) => minutes(60);

    /// Without a byte of a body that a store is sending or reading.
    store_body_idle_timeout: Duration = seconds(60), seconds(1) => minutes(60);

    /// Connections to one store at one time; a request that finds none within
    /// `store_connect_timeout` is answered `SlowDown`. It keeps a gateway from drowning a store.
    store_max_connections: usize = 1024, 1 => 1_000_000;

    /// Connections to one store that are kept open without a request. Enough for the bursts of a
    /// busy gateway, few enough not to hold a store's own limit.
    store_idle_connections: usize = 128, 0 => 1_000_000;

    /// After which an unused connection to a store is closed. Shorter than the 60 seconds and
    /// more after which stores close it themselves, so that no request meets a closing one.
    store_idle_timeout: Duration = seconds(45), seconds(1) => minutes(60);

    /// For requests in flight when the gateway is told to stop. Kubernetes kills a container 30
    /// seconds after asking it to stop: this leaves five to say what was cut and to end the log.
    shutdown_grace: Duration = seconds(25), seconds(0) => minutes(60);
}

impl Limits {
    /// How many forms may be read at one time whose signer is yet to be known: a quarter of the
    /// requests, so that whoever begins forms and does not go on keeps nobody from anything else.
    /// Each takes 32 KiB at the most.
    #[must_use]
    pub fn unknown_forms(&self) -> usize {
        (self.requests_in_flight / 4).max(1)
    }

    /// What must hold between two of them.
    fn judge(&self, raw: &RawLimits, findings: &mut Findings) {
        if self.small_bodies_total < self.small_body {
            let written = raw.small_bodies_total.get().map(|found| &found.place);
            let written = written.or(raw.small_body.get().map(|found| &found.place));
            let place = Place::absent("limits.small_bodies_total");
            let message = format!(
                "must be at least `limits.small_body`, {}: else no body would be held whole",
                self.small_body
            );
            findings.mistake(written.unwrap_or(&place), message);
        }
    }
}
