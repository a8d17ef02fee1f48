//! The body of a call, if it has one: a small form, read whole.

use std::fmt::Display;
use std::pin::pin;
use std::time::Duration;

use bytes::{Buf, Bytes};
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use http::{HeaderMap, Method, request};
use http_body::Body;
use http_body_util::BodyExt;
use sts::error::{Code, StsError};
use sts::query::{MAX_FORM_BYTES, QueryError};
use zeroize::Zeroizing;

/// From the head to the last byte of the form. It fits into a few packets; a client that needs
/// longer is lost or is holding the connection on purpose.
const FORM_TIMEOUT: Duration = Duration::from_secs(20);

/// Reads the form of a POST; a GET has none. It holds a token, so it is wiped when dropped.
///
/// # Errors
/// For another method or path, a body that is no form, one longer than [`MAX_FORM_BYTES`], and one
/// that does not arrive.
pub(super) async fn read<B>(parts: &request::Parts, body: B) -> Result<Zeroizing<Vec<u8>>, StsError>
where
    B: Body<Data = Bytes>,
    B::Error: Display,
{
    // In absolute form a target can name another host than `Host` does.
    if parts.uri.authority().is_some() || parts.uri.path() != "/" {
        return Err(refused(Code::InvalidAction, "The path of a call must be /."));
    }
    if parts.method != Method::GET && parts.method != Method::POST {
        return Err(refused(Code::InvalidAction, "A call is made with POST or GET."));
    }
    if body.is_end_stream() {
        return Ok(Zeroizing::default());
    }
    if parts.method == Method::GET {
        return Err(refused(Code::InvalidQueryParameter, "A GET must not have a body."));
    }
    if !is_form(&parts.headers) {
        let message = "The Content-Type of a call must be application/x-www-form-urlencoded.";
        return Err(refused(Code::InvalidQueryParameter, message));
    }
    let form = tokio::time::timeout(FORM_TIMEOUT, collect(body)).await;
    form.unwrap_or_else(|_| {
        Err(refused(Code::InvalidQueryParameter, "The parameters did not arrive in time."))
    })
}

async fn collect<B>(body: B) -> Result<Zeroizing<Vec<u8>>, StsError>
where
    B: Body<Data = Bytes>,
    B::Error: Display,
{
    let too_long = |length| StsError::from(QueryError::TooLong(length));
    let declared = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
    if declared > MAX_FORM_BYTES {
        return Err(too_long(declared));
    }
    let mut form = Zeroizing::new(Vec::with_capacity(declared));
    let mut body = pin!(body);
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| {
            let detail = format!("the form broke off: {error}");
            StsError::new(Code::InvalidQueryParameter, "The parameters are incomplete.", detail)
        })?;
        // Trailers mean nothing here.
        let Ok(data) = frame.into_data() else { continue };
        let length = form.len().saturating_add(data.remaining());
        if length > MAX_FORM_BYTES {
            return Err(too_long(length));
        }
        form.extend_from_slice(&data);
    }
    Ok(form)
}

/// Exactly one `Content-Type`, the form's, with no other charset than UTF-8, and no encoding on
/// top: a body that somebody else would read in another way is not read at all.
fn is_form(headers: &HeaderMap) -> bool {
    let mut types = headers.get_all(CONTENT_TYPE).iter();
    let (Some(only), None) = (types.next(), types.next()) else { return false };
    if headers.contains_key(CONTENT_ENCODING) {
        return false;
    }
    let text = only.to_str().unwrap_or_default().to_ascii_lowercase();
    let mut parts = text.split(';').map(str::trim);
    parts.next() == Some("application/x-www-form-urlencoded")
        && parts.all(|parameter| match parameter.split_once('=') {
            Some(("charset", charset)) => charset.trim_matches('"') == "utf-8",
            Some(_) | None => true,
        })
}

fn refused(code: Code, message: &'static str) -> StsError {
    StsError::new(code, message, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form_type(values: &[&'static str]) -> bool {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(CONTENT_TYPE, value.parse().unwrap());
        }
        is_form(&headers)
    }

    #[test]
    fn only_one_plain_form_is_a_form() {
        for good in [
            "application/x-www-form-urlencoded",
            "application/x-www-form-urlencoded; charset=utf-8",
            "Application/X-WWW-Form-URLEncoded;charset=\"UTF-8\"",
        ] {
            assert!(form_type(&[good]), "{good}");
        }
        for bad in ["", "text/plain", "application/x-www-form-urlencoded; charset=utf-7"] {
            assert!(!form_type(&[bad]), "{bad}");
        }
        assert!(!form_type(&[]));
        assert!(!form_type(&["application/x-www-form-urlencoded"; 2]));
    }
}
