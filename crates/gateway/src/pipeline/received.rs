//! Step one: the head of a request, one snapshot and one instant.

use std::borrow::Cow;
use std::sync::Arc;

use http::{HeaderMap, Method, Uri, Version, header};
use s3::HostStyle;
use sigv4::{Accept, Payload, Presented, RequestHead, Scheme, Timestamp, Verified};

use super::authenticated::{Authenticated, Signature, Supposed};
use super::client::Client;
use super::client_body::ClientBody;
use crate::caller::{Caller, lookup};
use crate::reject::Reject;
use crate::snapshot::Snapshot;

/// A request whose framing is unambiguous and whose host is ours. Nothing else is known.
#[derive(Debug)]
pub(super) struct Received<B = ClientBody> {
    head: Head,
    client: Client,
    snapshot: Arc<Snapshot>,
    now: Timestamp,
    body: B,
}

/// The head as it came, and what its host means.
#[derive(Debug)]
pub(super) struct Head {
    /// Method.
    pub(super) method: Method,
    /// Request target, in origin form.
    pub(super) uri: Uri,
    /// Its query, without what was appended to a presigned URL.
    query: Option<String>,
    /// Headers, `host` exactly once.
    pub(super) headers: HeaderMap,
    /// What `host` means.
    pub(super) style: HostStyle,
}

impl Head {
    /// The path as on the wire.
    #[must_use]
    pub(super) fn path(&self) -> &str {
        self.uri.path()
    }

    /// The query as on the wire, empty if there is none; of a presigned URL without the names that
    /// the operator lists as appended by others.
    #[must_use]
    pub(super) fn query(&self) -> &str {
        self.query.as_deref().or(self.uri.query()).unwrap_or("")
    }

    fn for_signature(&self) -> RequestHead<'_> {
        RequestHead {
            method: &self.method,
            path: self.path(),
            query: self.query(),
            headers: &self.headers,
            bucket_in_host: match &self.style {
                HostStyle::Path => None,
                HostStyle::Virtual(bucket) => Some(bucket.as_str()),
            },
        }
    }
}

impl<B> Received<B> {
    /// Refuses what has more than one meaning: targets that are not a path (A11), and hosts that
    /// are missing, repeated or not ours (A12).
    ///
    /// # Errors
    /// [`Reject::Target`], [`Reject::Host`].
    pub(super) fn new(
        request: http::Request<B>,
        client: Client,
        snapshot: Arc<Snapshot>,
        now: Timestamp,
    ) -> Result<Self, Reject> {
        let (parts, body) = request.into_parts();
        if parts.version < Version::HTTP_11 {
            // Its clients cannot tell a body that ended from one that broke off (A41).
            return Err(Reject::HttpVersion);
        }
        let is_origin_form = parts.uri.scheme().is_none()
            && parts.uri.authority().is_none()
            && parts.uri.path().starts_with('/');
        if !is_origin_form {
            return Err(Reject::Target);
        }
        let style = host_style(&parts.headers, &snapshot)?;
        let query = parts.uri.query().filter(|query| s3::is_presigned(query)).and_then(|query| {
            match s3::without_query_names(query, &snapshot.live.removable_query) {
                Cow::Borrowed(_) => None,
                Cow::Owned(rest) => Some(rest),
            }
        });
        let (method, uri, headers) = (parts.method, parts.uri, parts.headers);
        let head = Head { method, uri, query, headers, style };
        Ok(Self { head, client, snapshot, now, body })
    }

    /// Whether it goes the way of [`Self::preflight`].
    pub(super) fn is_preflight(&self) -> bool {
        self.head.method == Method::OPTIONS
    }

    /// What a browser asks before its page's request. Nobody signs it.
    ///
    /// # Errors
    /// [`Reject::Preflight`].
    pub(super) fn preflight(&self) -> Result<s3::Preflight, Reject> {
        Ok(s3::Preflight::parse(&self.head.style, self.head.path(), &self.head.headers)?)
    }

    /// Who signed the URL that a page asks to use with `method`, if that signature holds.
    pub(super) fn presigner(&self, method: Method) -> Option<Caller> {
        if !s3::is_presigned(self.head.query()) {
            return None;
        }
        let head = RequestHead { method: &method, ..self.head.for_signature() };
        proven(&head, &self.snapshot, self.now).ok().flatten().map(|(caller, _)| caller)
    }

    /// Step two: finds out who signed.
    ///
    /// # Errors
    /// Everything that can be wrong with claims, keys, tokens and signatures.
    pub(super) fn authenticate(self) -> Result<Authenticated<B>, Reject> {
        let Self { head, client, snapshot, now, body } = self;
        let Some((caller, verified)) = proven(&head.for_signature(), &snapshot, now)? else {
            let payload = Payload::from_headers(&head.headers)
                .map_err(sigv4::VerifyError::from)?
                .unwrap_or(Payload::Unsigned);
            let (caller, signature) = (Caller::Anonymous, Signature::None(payload));
            return Ok(Authenticated { head, client, snapshot, now, body, caller, signature });
        };
        let signature = Signature::Verified(Box::new(verified));
        Ok(Authenticated { head, client, snapshot, now, body, caller, signature })
    }
}

impl Received<()> {
    /// Step two for a request that nobody sent: as if that caller had signed it, where and for the
    /// region that it says, and just now.
    pub(super) fn suppose(self, caller: Caller) -> Authenticated<()> {
        let Self { head, client, snapshot, now, body } = self;
        let signature = if caller.is_anonymous() {
            Signature::None(Payload::Unsigned)
        } else {
            // Whether it would be taken is not asked of a caller who is given.
            let accept = Accept { hmac_v1_header: true, sigv4a: true };
            let claims = match sigv4::present(&head.for_signature(), accept) {
                Ok(Presented::Signed(claims)) => Some(claims),
                Ok(Presented::Anonymous) | Err(_) => None,
            };
            let scheme = match &claims {
                Some(claims) => claims.scheme(),
                None if s3::is_presigned(head.query()) => Scheme::QueryV4,
                None => Scheme::HeaderV4,
            };
            Signature::Supposed(Supposed {
                scheme,
                region: claims.and_then(|claims| claims.region().cloned()),
            })
        };
        Authenticated { head, client, snapshot, now, body, caller, signature }
    }
}

/// Who signed, with what was verified of it; None: nobody did.
fn proven(
    head: &RequestHead<'_>,
    snapshot: &Snapshot,
    now: Timestamp,
) -> Result<Option<(Caller, Verified)>, Reject> {
    let Presented::Signed(claims) = sigv4::present(head, snapshot.live.accept)? else {
        return Ok(None);
    };
    let unproven = lookup(snapshot, claims.access_key_id(), claims.session_token(), now)?;
    let expect = sigv4::Expect { service: sigv4::Service::S3, now, body_sha256: None };
    let verified = sigv4::verify(head, claims, unproven.secret(), &expect)?;
    let caller = unproven.prove(&verified).ok_or(Reject::Unproven)?;
    Ok(Some((caller, verified)))
}

fn host_style(headers: &HeaderMap, snapshot: &Snapshot) -> Result<HostStyle, Reject> {
    let mut hosts = headers.get_all(header::HOST).iter();
    let (Some(host), None) = (hosts.next(), hosts.next()) else {
        return Err(Reject::HostCount);
    };
    let host = host.to_str().map_err(|_| Reject::HostCount)?;
    Ok(snapshot.live.domains.resolve_host(host)?)
}
