//! What an HTTP request means in S3, what it requires, and how answers look.
//!
//! Pure: no clock, no socket, no environment; time is an argument. The way through the crate:
//!
//! 1. [`Domains::resolve_host`] tells a bucket in the host name from path style;
//! 2. [`resolve()`] makes an [`Operation`] of method, path, query and headers, or says why not;
//! 3. where the body decides what is asked, [`Document::parse`] reads it;
//!    (a [`form`] says it all in its body, and is another operation once that is read: [`resolve_form`]);
//! 4. [`Operation::requirements`] lists what the caller must be allowed to do;
//! 5. [`Operation::outgoing`] and [`Document::render`] rebuild the request for the store from what
//!    was parsed;
//! 6. [`headers::response_headers`] and [`answer`] turn the store's answer into ours.
//!
//! A CORS [`Preflight`] is no operation: it goes from 1 to the store.
//!
//! Between 2 and 5 nothing of the client's text survives undecoded: what was decided about is what
//! is sent.

pub mod addressing;
pub mod answer;
pub mod checksum;
pub mod code;
mod context;
pub mod copy_source;
mod date;
pub mod document;
mod encoding;
pub mod form;
pub mod headers;
pub mod key_rules;
pub mod listing;
pub mod name;
pub mod operation;
pub mod parts;
pub mod preflight;
mod query;
pub mod render;
pub mod requirement;
pub mod resolve;
mod tagged;
mod tagging;
#[cfg(test)]
mod vectors;
mod words;
mod xml;

pub use addressing::{Domains, HostStyle, Target};
pub use code::AwsCode;
pub use copy_source::CopySource;
pub use document::Document;
pub use encoding::EncodingError;
pub use form::{Form, FormError};
pub use key_rules::KeyRules;
pub use name::{Bucket, Key, UploadId, VersionId};
pub use operation::{AnswerClass, BodyRule, OperationKind, Patience};
pub use preflight::{PREFLIGHT, Preflight, PreflightError, cors_headers};
pub use query::{Presigned, QueryError, is_presigned, is_query_name_of_aws, without_query_names};
pub use render::render_error;
pub use requirement::{Facts, NonEmpty, Requirement, Requirements};
pub use resolve::{
    Addressing, Identified, Operation, Outgoing, RawRequest, ResolveError, identify, resolve,
    resolve_form,
};
pub use tagged::{TaggedObject, Whose};
pub use tagging::TaggingError;
pub use words::words_of_header;
pub use xml::XmlError;
