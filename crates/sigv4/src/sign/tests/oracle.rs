//! AWS's own signer as the oracle: what it signs, we verify; what we sign is what it signs.

use std::time::{Duration, SystemTime};

use crate::chunked::encode::Encoder;
use crate::{
    AccessKeyId, Expect, Payload, Presented, Region, RequestHead, SecretKey, Service, SessionToken,
    Signer, Timestamp, Verified, present, verify,
};
use aws_credential_types::Credentials;
use aws_sigv4::http_request::{
    PayloadChecksumKind, PercentEncodingMode, SignableBody, SignableRequest, SignatureLocation,
    SigningSettings, UriPathNormalizationMode, sign,
};
use aws_sigv4::sign::v4;
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use proptest::prelude::*;

const ID: &str = "AKIDEXAMPLE1234567890";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const HOST: &str = "s3.gateway.test:9000";

const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
const PATH: &AsciiSet = &UNRESERVED.remove(b'/');

/// A request in its parts.
#[derive(Clone, Debug)]
struct Case {
    method: Method,
    path: String,
    query: String,
    headers: Vec<(&'static str, String)>,
    payload: Payload,
    token: Option<String>,
    region: String,
    seconds: i64,
}

impl Case {
    fn at(&self) -> Timestamp {
        Timestamp::from_unix(self.seconds)
    }

    fn ours(&self) -> Signer {
        Signer {
            access_key_id: AccessKeyId::parse(ID).unwrap(),
            secret: SecretKey::new(SECRET.to_owned()),
            session_token: self.token.clone().map(|token| SessionToken::parse(token).unwrap()),
            region: Region::parse(&self.region).unwrap(),
            service: Service::S3,
        }
    }

    fn uri(&self) -> String {
        let separator = if self.query.is_empty() { "" } else { "?" };
        format!("http://{HOST}{}{separator}{}", self.path, self.query)
    }

    fn header_map(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert("host", HeaderValue::from_static(HOST));
        for (name, value) in &self.headers {
            headers.insert(*name, HeaderValue::from_str(value).unwrap());
        }
        headers
    }

    fn body(&self) -> SignableBody<'static> {
        match self.payload {
            Payload::Hash(hash) => SignableBody::Precomputed(hex::encode(hash)),
            Payload::Unsigned => SignableBody::UnsignedPayload,
            Payload::StreamingUnsignedTrailer => SignableBody::StreamingUnsignedPayloadTrailer,
            Payload::StreamingSigned => {
                SignableBody::Precomputed("STREAMING-AWS4-HMAC-SHA256-PAYLOAD".to_owned())
            }
            Payload::StreamingSignedTrailer => {
                SignableBody::Precomputed("STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER".to_owned())
            }
        }
    }

    /// Their signature, and the request with it.
    fn theirs(&self, presigned: Option<u32>) -> (String, Request<()>) {
        let mut settings = SigningSettings::default();
        settings.percent_encoding_mode = PercentEncodingMode::Single;
        settings.uri_path_normalization_mode = UriPathNormalizationMode::Disabled;
        match presigned {
            Some(seconds) => {
                settings.signature_location = SignatureLocation::QueryParams;
                settings.expires_in = Some(Duration::from_secs(seconds.into()));
                settings.payload_checksum_kind = PayloadChecksumKind::NoHeader;
            }
            None => settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256,
        }
        let identity = Credentials::new(ID, SECRET, self.token.clone(), None, "test").into();
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name("s3")
            .time(SystemTime::UNIX_EPOCH + Duration::from_secs(self.seconds.unsigned_abs()))
            .settings(settings)
            .build()
            .unwrap()
            .into();
        let uri = self.uri();
        let headers = self.header_map();
        let pairs = headers.iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap()));
        let body = if presigned.is_some() { SignableBody::UnsignedPayload } else { self.body() };
        let signable = SignableRequest::new(self.method.as_str(), &uri, pairs, body).unwrap();
        let (instructions, signature) = sign(signable, &params).unwrap().into_parts();
        let mut request = Request::builder().method(&self.method).uri(&uri).body(()).unwrap();
        *request.headers_mut() = headers.clone();
        instructions.apply_to_request_http1x(&mut request);
        (signature, request)
    }

    fn verify(&self, request: &Request<()>) -> Verified {
        let head = RequestHead {
            method: request.method(),
            path: request.uri().path(),
            query: request.uri().query().unwrap_or(""),
            headers: request.headers(),
            bucket_in_host: None,
        };
        let Presented::Signed(claims) = present(&head, crate::Accept::default()).unwrap() else {
            panic!("{request:?}")
        };
        let token = claims.session_token().map(|token| token.as_str().to_owned());
        assert_eq!(token, self.token);
        let expect = Expect { service: Service::S3, now: self.at(), body_sha256: None };
        let secret = SecretKey::new(SECRET.to_owned());
        verify(&head, claims, &secret, &expect)
            .unwrap_or_else(|error| panic!("{error:?} in {request:?}"))
    }
}

fn encoded(text: &str, set: &'static AsciiSet) -> String {
    utf8_percent_encode(text, set).to_string()
}

prop_compose! {
    fn case()(
        method in prop_oneof![Just("GET"), Just("PUT"), Just("HEAD"), Just("DELETE"), Just("POST")],
        key in "([a-z0-9]|[ +%/~.=&?#;:@'()*!\"<>\\\\]|\\.\\./|//|é|日|😀|\t){0,24}",
        pairs in prop::collection::vec(
            ("[a-zA-Z-]{1,8}([é ]|)", "([ -~]|é|😀){0,10}"),
            0..6,
        ),
        content_type in prop::option::of("[!-~]{1,8}( {0,3}[!-~]{1,8})?"),
        meta in prop::option::of("[!-~]{0,8}( {0,3}[!-~]{1,8})?"),
        payload in prop_oneof![
            any::<[u8; 32]>().prop_map(Payload::Hash),
            Just(Payload::Unsigned),
            Just(Payload::StreamingUnsignedTrailer),
            Just(Payload::StreamingSigned),
            Just(Payload::StreamingSignedTrailer),
        ],
        token in prop::option::of("[!-~]{1,60}"),
        region in "[a-z][a-z0-9-]{0,14}",
        seconds in 0..4_102_444_800_i64,
    ) -> Case {
        let mut headers = Vec::new();
        headers.extend(content_type.map(|value| ("content-type", value)));
        headers.extend(meta.map(|value| ("x-amz-meta-a", value)));
        // Names of signatures are another matter.
        let pairs = pairs.into_iter().filter(|(name, _)| {
            !name.eq_ignore_ascii_case("expires") && !name.eq_ignore_ascii_case("signature")
        });
        let query: Vec<String> = pairs
            .map(|(name, value)| {
                format!("{}={}", encoded(&name, UNRESERVED), encoded(&value, UNRESERVED))
            })
            .collect();
        Case {
            method: method.parse().unwrap(),
            path: format!("/bucket/{}", encoded(&key, PATH)),
            query: query.join("&"),
            headers,
            payload,
            token,
            region,
            seconds,
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn headers_agree(case in case()) {
        let (theirs, request) = case.theirs(None);
        let verified = case.verify(&request);
        prop_assert_eq!(verified.payload(), case.payload);
        prop_assert_eq!(verified.region().unwrap().as_str(), case.region.as_str());

        let mut headers = case.header_map();
        let Case { method, path, query, payload, .. } = &case;
        case.ours().sign(method, path, query, &mut headers, payload, case.at(), None).unwrap();
        let ours = headers["authorization"].to_str().unwrap();
        prop_assert!(ours.ends_with(&format!("Signature={theirs}")), "{}", ours);
        // The whole header, up to white space.
        let spaces = |value: &HeaderValue| value.to_str().unwrap().replace(", ", ",");
        prop_assert_eq!(
            spaces(&headers["authorization"]),
            spaces(&request.headers()["authorization"])
        );
    }

    #[test]
    fn urls_agree(case in case(), seconds in 1..=604_800_u32) {
        let (theirs, request) = case.theirs(Some(seconds));
        let verified = case.verify(&request);
        prop_assert_eq!(verified.payload(), Payload::Unsigned);
        let end = case.at().plus_seconds(seconds.into());
        prop_assert_eq!(verified.expires_at(), Some(end));

        let Case { method, path, query, .. } = &case;
        let headers: Vec<(&str, &str)> =
            case.headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let ours = case
            .ours()
            .presign(method, path, query, HOST, &headers, seconds, case.at())
            .unwrap();
        prop_assert!(ours.ends_with(&format!("X-Amz-Signature={theirs}")), "{}", ours);
    }

    #[test]
    fn chunks_agree(
        case in case(),
        chunks in prop::collection::vec(prop::collection::vec(any::<u8>(), 1..40), 0..5),
    ) {
        let case = Case { payload: Payload::StreamingSigned, ..case };
        let (mut running, _) = case.theirs(None);
        let mut headers = case.header_map();
        let Case { method, path, query, payload, .. } = &case;
        let signer = case.ours();
        let seed = signer
            .sign_streaming(method, path, query, &mut headers, payload, case.at(), None)
            .unwrap();
        let mut encoder = Encoder::signed(seed);

        let identity = Credentials::new(ID, SECRET, None, None, "test").into();
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region(&case.region)
            .name("s3")
            .time(SystemTime::UNIX_EPOCH + Duration::from_secs(case.seconds.unsigned_abs()))
            .settings(())
            .build()
            .unwrap();
        for chunk in chunks {
            let chunk = Bytes::from(chunk);
            running = v4::sign_chunk(&chunk, &running, &params).unwrap().into_parts().1;
            let line = format!("{:x};chunk-signature={running}\r\n", chunk.len());
            prop_assert_eq!(encoder.chunk(&chunk), line);
        }
        running = v4::sign_chunk(&Bytes::new(), &running, &params).unwrap().into_parts().1;
        prop_assert_eq!(encoder.finish(&[]), format!("0;chunk-signature={running}\r\n\r\n"));
    }
}
