//! Which operation a request is.
//!
//! [`identify`] reads method, host, path, query and headers into one [`Identified`] request;
//! [`resolve()`] goes on and hands out an [`Operation`] only if nothing speaks against forwarding it.
//! An `Operation` is made here alone, of a request or of its form ([`resolve_form`]), and [`Operation::outgoing`] rebuilds the request
//! for the store from what was parsed: the store sees exactly what was authorised (A10).

mod operation;
mod select;
mod values;

#[cfg(test)]
mod tests;

pub use operation::{Addressing, Identified, Operation, Outgoing};

use http::Method;
use http::header::{HeaderMap, HeaderName};

use crate::addressing::{HostError, HostStyle, PathError, Target, target};
use crate::code::AwsCode;
use crate::copy_source::{CopySource, CopySourceError};
use crate::headers::request::{HeaderError, collect};
use crate::name::{Bucket, Key};
use crate::operation::{OperationKind, Spec, Verb};
use crate::query::{Presigned, Query, QueryError};
use crate::tagging::TaggingError;
pub(crate) use operation::Parsed;

/// The head of a request as it came. It holds signatures and tokens, and so has no `Debug`.
#[derive(Clone)]
pub struct RawRequest<'a> {
    /// The method.
    pub method: &'a Method,
    /// The path, exactly as on the wire.
    pub path: &'a str,
    /// The query without `?`, exactly as on the wire; empty if there is none. Query names that an
    /// operator lets viewers append are taken out before.
    pub query: &'a str,
    /// The headers.
    pub headers: &'a HeaderMap,
    /// What [`Domains::resolve_host`](crate::addressing::Domains::resolve_host) made of the host.
    pub host: HostStyle,
    /// Whether the query holds a signature.
    pub presigned: Presigned,
    /// `x-amz-*` headers that no operation has and that the operator lists as harmless: dropped,
    /// not refused.
    pub harmless: &'a [HeaderName],
}

/// A request that will not be forwarded, and why.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct ResolveError {
    /// The operation, where it could be told.
    pub operation: Option<OperationKind>,
    /// What the request is about, where the path could be read.
    pub target: Option<Target>,
    /// Why it is refused.
    pub reason: Reason,
}

/// Why a request is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// A method that S3 does not have.
    #[error("the method is not one of S3")]
    Method,
    /// The host is not ours. Never made by [`identify`]; here so that a gateway has one type for
    /// all of it.
    #[error(transparent)]
    Host(#[from] HostError),
    /// The path cannot be read.
    #[error("{0}")]
    Path(#[from] PathError),
    /// The query cannot be read.
    #[error("{0}")]
    Query(#[from] QueryError),
    /// A query name that is in no table.
    #[error("the query parameter `{0}` is not known")]
    UnknownQuery(String),
    /// Two query names that each select an operation.
    #[error("conflicting query string parameters: {0}, {1}")]
    Conflict(&'static str, &'static str),
    /// Method, level and subresource are no operation together.
    #[error("the method is not allowed against this resource")]
    NoOperation,
    /// A query name without which it is no operation.
    #[error("the query parameter `{0}` is missing")]
    Missing(&'static str),
    /// A query name that the operation does not have.
    #[error("the query parameter `{0}` does not belong to this operation")]
    Unexpected(&'static str),
    /// A query parameter whose value is not valid.
    #[error("the query parameter `{0}` has a value that is not valid")]
    Value(&'static str),
    /// A copy source on an operation that copies nothing.
    #[error("a copy source on an operation that does not copy")]
    UnexpectedCopySource,
    /// A copy source that names no object.
    #[error("{0}")]
    CopySource(#[from] CopySourceError),
    /// `x-amz-tagging` does not hold tags.
    #[error("{0}")]
    Tagging(#[from] TaggingError),
    /// A header for which the request is refused.
    #[error("{0}")]
    Header(#[from] HeaderError),
    /// An operation of S3 that the gateway does not forward.
    #[error("the operation `{0}` is not implemented: {why}", .operation.name())]
    NotImplemented {
        /// The operation.
        operation: OperationKind,
        /// Why it makes no sense behind a gateway.
        why: &'static str,
    },
}

impl Reason {
    /// The code that the client reads.
    #[must_use]
    pub fn code(&self) -> AwsCode {
        match self {
            Self::Method | Self::NoOperation => AwsCode::MethodNotAllowed,
            Self::Host(HostError::Unknown) => AwsCode::InvalidRequest,
            Self::Host(HostError::Bucket(_)) => AwsCode::InvalidBucketName,
            Self::Path(error) => error.code(),
            Self::Query(QueryError::Encoding(_)) => AwsCode::InvalidURI,
            Self::CopySource(CopySourceError::Arn)
            | Self::Header(HeaderError::Unknown(_))
            | Self::NotImplemented { .. } => AwsCode::NotImplemented,
            Self::Tagging(TaggingError::Repeated(_)) => AwsCode::InvalidTag,
            Self::Query(QueryError::Repeated(_) | QueryError::TooMany)
            | Self::UnknownQuery(_)
            | Self::Conflict(..)
            | Self::Missing(_)
            | Self::Unexpected(_)
            | Self::Value(_)
            | Self::UnexpectedCopySource
            | Self::CopySource(
                CopySourceError::Shape
                | CopySourceError::Query
                | CopySourceError::Encoding(_)
                | CopySourceError::Name(_),
            )
            | Self::Tagging(TaggingError::Malformed | TaggingError::TooMany)
            | Self::Header(
                HeaderError::Encryption(_)
                | HeaderError::Repeated(_)
                | HeaderError::Contradiction(_)
                | HeaderError::HoistedCopySource
                | HeaderError::Value(_),
            ) => AwsCode::InvalidArgument,
        }
    }

    /// The element with which S3 names the culprit in the error document, and its text.
    #[must_use]
    pub fn culprit(&self) -> Option<(&'static str, &str)> {
        match self {
            Self::UnknownQuery(name) | Self::Query(QueryError::Repeated(name)) => {
                Some(("ArgumentName", name))
            }
            Self::Missing(name) | Self::Unexpected(name) | Self::Value(name) => {
                Some(("ArgumentName", name))
            }
            Self::Conflict(..) => Some(("ArgumentName", "ResourceType")),
            Self::UnexpectedCopySource | Self::CopySource(_) => {
                Some(("ArgumentName", "x-amz-copy-source"))
            }
            Self::Tagging(_) => Some(("ArgumentName", "x-amz-tagging")),
            Self::Header(HeaderError::Unknown(name)) => Some(("Header", name)),
            Self::Header(HeaderError::Encryption(name)) => Some(("ArgumentName", name)),
            Self::Header(
                HeaderError::Repeated(name)
                | HeaderError::Contradiction(name)
                | HeaderError::Value(name),
            ) => Some(("ArgumentName", name.as_str())),
            Self::Header(HeaderError::HoistedCopySource) => {
                Some(("ArgumentName", "x-amz-copy-source"))
            }
            Self::Method
            | Self::Host(_)
            | Self::Path(_)
            | Self::Query(QueryError::Encoding(_) | QueryError::TooMany)
            | Self::NoOperation
            | Self::NotImplemented { .. } => None,
        }
    }
}

/// Tells which operation a request is. Whether it may be forwarded is another question: see
/// [`Identified::refusal`].
///
/// # Errors
/// When it is no operation, or one that cannot be told for sure.
pub fn identify(raw: &RawRequest<'_>) -> Result<Identified, ResolveError> {
    let unread = |reason: Reason| ResolveError { operation: None, target: None, reason };
    let verb = Verb::of(raw.method).ok_or_else(|| unread(Reason::Method))?;
    let query = Query::parse(raw.query, raw.presigned).map_err(|e| unread(shortened(e).into()))?;
    let lambda = select::is_object_lambda(verb, raw.path, raw.headers);
    let target = match lambda {
        true => Target::Service,
        false => target(&raw.host, raw.path).map_err(|e| unread(e.into()))?,
    };
    let spec = match lambda {
        true => OperationKind::WriteGetObjectResponse.spec().ok_or(Reason::NoOperation),
        false => select::select(verb, &target, &query, raw.headers),
    };
    let spec = match spec {
        Ok(spec) => spec,
        Err(reason) => return Err(ResolveError { operation: None, target: Some(target), reason }),
    };
    let known = |reason: Reason| ResolveError {
        operation: Some(spec.kind),
        target: Some(target.clone()),
        reason,
    };
    let collected = collect(spec, raw.headers, &query.hoisted, raw.harmless);
    let copy_source = match spec.copies {
        true => Some(copy_source(&collected.headers).map_err(&known)?),
        false => None,
    };
    let read = [OperationKind::GetObject, OperationKind::HeadObject, OperationKind::ListObjects];
    let astray = query.redirected && !read.contains(&spec.kind);
    let unknown = query.unknown.as_deref().or(astray.then_some("bucket"));
    let refusal = unknown.map(|name| Reason::UnknownQuery(shown(name)));
    let mut parsed = Parsed {
        spec,
        target,
        query: query.parameters,
        headers: collected.headers,
        copy_source,
        tags: Vec::new(),
        dropped: collected.dropped,
    };
    parsed.query.sort_unstable();
    let values = values::check(&mut parsed).err();
    let refusal =
        refusal.or(collected.refusal.map(Reason::Header)).or(values).or_else(|| unsupported(spec));
    Ok(Identified::new(parsed, refusal))
}

/// Resolves a request to an operation that may be forwarded, once its requirements are allowed.
///
/// # Errors
/// [`ResolveError`], with the operation where it is known: among others for every operation that is not
/// forwarded ([`Reason::NotImplemented`]) and for `x-amz-*` headers that the operation does not have.
pub fn resolve(raw: &RawRequest<'_>) -> Result<Operation, ResolveError> {
    identify(raw)?.admit()
}

/// The PutObject that a form for `bucket` asks for, whose fields are given as headers
/// ([`Form::headers`](crate::Form::headers)).
///
/// # Errors
/// As [`resolve()`], for headers that a PutObject does not have and for values that they cannot have.
pub fn resolve_form(
    bucket: &Bucket,
    key: Key,
    fields: &HeaderMap,
    harmless: &[HeaderName],
) -> Result<Operation, ResolveError> {
    let target = Target::Object(bucket.clone(), key);
    let Some(spec) = OperationKind::PutObject.spec() else {
        let reason = Reason::NoOperation;
        return Err(ResolveError { operation: None, target: Some(target), reason });
    };
    let collected = collect(spec, fields, &[], harmless);
    let mut parsed = Parsed {
        spec,
        target,
        query: Vec::new(),
        headers: collected.headers,
        copy_source: None,
        tags: Vec::new(),
        dropped: collected.dropped,
    };
    let values = values::check(&mut parsed).err();
    let refusal = collected.refusal.map(Reason::Header).or(values);
    Identified::new(parsed, refusal).admit()
}

fn copy_source(headers: &HeaderMap) -> Result<CopySource, Reason> {
    let name = HeaderName::from_static("x-amz-copy-source");
    // Absent here means that the header was refused: it stood there twice.
    let value = headers.get(&name).ok_or_else(|| HeaderError::Repeated(name.clone()))?;
    let value = value.to_str().map_err(|_| HeaderError::Value(name))?;
    Ok(CopySource::parse(value)?)
}

fn unsupported(spec: &Spec) -> Option<Reason> {
    spec.unsupported.map(|why| Reason::NotImplemented { operation: spec.kind, why })
}

fn shortened(error: QueryError) -> QueryError {
    match error {
        QueryError::Repeated(name) => QueryError::Repeated(shown(&name)),
        other @ (QueryError::Encoding(_) | QueryError::TooMany) => other,
    }
}

/// A name of the client's choosing, as it may stand in an answer and a log line: 64 characters at
/// most, and none that moves the cursor.
pub(crate) fn shown(name: &str) -> String {
    name.chars().take(64).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}
