//! PostObject: who signed, and what is asked, stand in the body. The form is read up to its file, and
//! goes on as the PutObject that it asks for.

use std::time::Duration;

use bytes::Bytes;
use http::header::{self, HeaderName};
use http_body_util::BodyExt as _;
use s3::form::{Boundary, FilePart, FormReader, Head, LengthRange, PostPolicy, Success};
use s3::{Form, FormError, Operation, OperationKind};
use sigv4::{FormFields, Payload, Scheme};

use super::authenticated::{Authenticated, Identified, Signature, Supposed};
use super::body::BodyError;
use super::client_body::ClientBody;
use super::resolved::content_length;
use crate::app::App;
use crate::caller::lookup;
use crate::reject::Reject;

const CONTENT_MD5: HeaderName = HeaderName::from_static("content-md5");

/// For all that stands before the file: 32 KiB at the most.
const HEAD_TIMEOUT: Duration = Duration::from_secs(20);

/// What is left of a form when its fields are a PutObject's headers.
#[derive(Debug)]
pub(super) struct Posted {
    /// How long the file may be.
    pub(super) range: LengthRange,
    /// How long it is, if nothing follows it in the form.
    pub(super) length: u64,
    /// What the client wants to hear.
    pub(super) success: Success,
}

/// A form that was read up to its file and whose signer is known. It is yet to be held to its policy.
pub(super) struct SignedForm<B = ClientBody> {
    request: Authenticated<B>,
    operation: Operation,
    form: Form,
    file: FilePart,
    rest: Bytes,
    length: u64,
}

impl Identified {
    /// Reads the form up to its file, and says who signed it.
    ///
    /// # Errors
    /// When it is no form, or its signature does not hold.
    pub(super) async fn read_form(mut self, app: &App) -> Result<SignedForm, Reject> {
        let (length, boundary) = self.framing()?;
        // Whoever is slow here is nobody yet, and in a place that others could do with.
        let _place = app.unknown_forms.take().ok_or(Reject::Busy)?;
        let idle = app.limits().body_idle_timeout;
        let reading = read_head(self.body_mut(), FormReader::new(boundary), idle);
        let read = tokio::time::timeout(HEAD_TIMEOUT, reading).await;
        let read = read.map_err(|_elapsed| BodyError::Stalled)??;
        self.form(read, length).verify()
    }
}

impl Identified<()> {
    /// As [`Identified::read_form`], of a form that nobody sent; with `given`, its caller is known and
    /// the form only says how, and for which region, it was signed.
    ///
    /// # Errors
    /// The same.
    pub(super) fn suppose_form(self, body: &[u8], given: bool) -> Result<SignedForm<()>, Reject> {
        let (_, boundary) = self.framing()?;
        let read = FormReader::new(boundary).push(body)?.ok_or(FormError::Malformed)?;
        let mut form = self.form(read, body.len() as u64);
        if !given {
            return form.verify();
        }
        if matches!(form.request.signature, Signature::Supposed(_)) {
            let claims = sigv4::present_form(&signed_fields(&form.form))?;
            let scheme = claims.as_ref().map_or(Scheme::FormV4, sigv4::FormClaims::scheme);
            let region = claims.and_then(|claims| claims.region().cloned());
            form.request.signature = Signature::Supposed(Supposed { scheme, region });
        }
        Ok(form)
    }
}

impl SignedForm {
    /// The upload that it asks for: from here on it is a PutObject of whoever signed its policy.
    ///
    /// # Errors
    /// When it asks for what its policy does not allow, or for what no form can.
    pub(super) fn upload(self) -> Result<Identified, Reject> {
        self.upload_of(ClientBody::into_file)
    }
}

impl SignedForm<()> {
    /// As [`SignedForm::upload`], of a form that nobody sent.
    ///
    /// # Errors
    /// The same.
    pub(super) fn upload(self) -> Result<Identified<()>, Reject> {
        self.upload_of(|(), _, _| Ok(()))
    }
}

impl<B> SignedForm<B> {
    /// Finds out who signed it, if somebody did.
    fn verify(mut self) -> Result<Self, Reject> {
        if let Some(claims) = sigv4::present_form(&signed_fields(&self.form))? {
            let Authenticated { snapshot, now, .. } = &self.request;
            let (key, token) = (claims.access_key_id(), claims.session_token());
            let unproven = lookup(snapshot, key, token, *now)?;
            let verified = sigv4::verify_form(claims, unproven.secret(), *now)?;
            self.request.caller = unproven.prove(&verified).ok_or(Reject::Unproven)?;
            self.request.signature = Signature::Verified(Box::new(verified));
        }
        Ok(self)
    }

    /// The request, of whoever signed the form.
    pub(super) fn request(&self) -> &Authenticated<B> {
        &self.request
    }

    fn upload_of(
        self,
        body_of: impl FnOnce(B, FilePart, Bytes) -> Result<B, FormError>,
    ) -> Result<Identified<B>, Reject> {
        let Self { request, operation, form, file, rest, length } = self;
        let Authenticated { head, client, snapshot, now, body, caller, signature } = request;
        let bucket = operation.bucket().ok_or(FormError::Malformed)?;
        let key = form.key(bucket)?;
        let range = match form.field("policy") {
            None => LengthRange::ANY,
            Some(policy) => PostPolicy::parse(policy)?.check(&form, bucket, &key, now.unix())?,
        };
        let mut fields = form.headers()?;
        if let Some(origin) = head.headers.get(header::ORIGIN) {
            fields.insert(header::ORIGIN, origin.clone());
        }
        let operation = s3::resolve_form(bucket, key, &fields, &snapshot.live.harmless_headers)?;
        let body = body_of(body, file, rest)?;
        let posted = Posted { range, length, success: form.success() };
        let request = Authenticated { head, client, snapshot, now, body, caller, signature };
        Ok(Identified::of_form(request, operation, posted))
    }
}

impl<B> Identified<B> {
    /// Whether it is a form that is yet to be read.
    pub(super) fn is_form(&self) -> bool {
        self.operation().kind() == OperationKind::PostObject
    }

    /// The length of the whole body, and what stands between its parts.
    fn framing(&self) -> Result<(u64, Boundary), Reject> {
        let request = self.request();
        let supposed = matches!(request.signature, Signature::Supposed(_));
        if !request.caller.is_anonymous() && !supposed {
            // Signed in its head as well: two identities.
            return Err(sigv4::PresentError::SeveralIdentities.into());
        }
        if request.signature.payload() != Payload::Unsigned {
            // A hash or chunks of all of the form, which nobody here would hold it to.
            return Err(FormError::Unexpected("x-amz-content-sha256".to_owned()).into());
        }
        let headers = &request.head.headers;
        // Conditions and sums of a form as a whole, which nobody keeps; as fields they are refused, too.
        for name in [header::IF_MATCH, header::IF_NONE_MATCH, CONTENT_MD5] {
            if headers.contains_key(&name) {
                return Err(FormError::Unexpected(name.to_string()).into());
            }
        }
        let length = content_length(headers)?;
        let length = if supposed { length.unwrap_or(0) } else { length.ok_or(Reject::NoLength)? };
        let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        Ok((length, Boundary::of(kind.unwrap_or_default())?))
    }

    /// The form of a body of `length` bytes.
    fn form(self, read: Head, length: u64) -> SignedForm<B> {
        let (request, operation) = self.into_parts();
        let length = read.file_length(length);
        let Head { form, file, rest, .. } = read;
        SignedForm { request, operation, form, file, rest, length }
    }
}

async fn read_head(
    body: &mut ClientBody,
    mut reader: FormReader,
    idle: Duration,
) -> Result<Head, Reject> {
    loop {
        let next = tokio::time::timeout(idle, body.frame()).await;
        let frame = match next.map_err(|_elapsed| BodyError::Stalled)? {
            None => return Err(FormError::Malformed.into()),
            Some(frame) => frame.map_err(BodyError::from)?,
        };
        let Ok(data) = frame.into_data() else { continue };
        if let Some(head) = reader.push(&data)? {
            return Ok(head);
        }
    }
}

fn signed_fields(form: &Form) -> FormFields<'_> {
    FormFields {
        policy: form.field("policy"),
        algorithm: form.field("x-amz-algorithm"),
        credential: form.field("x-amz-credential"),
        date: form.field("x-amz-date"),
        signature: form.field("x-amz-signature"),
        token: form.field("x-amz-security-token"),
        hmac_v1_key: form.field("awsaccesskeyid"),
        hmac_v1_signature: form.field("signature"),
    }
}
