use super::*;
use http::{HeaderName, HeaderValue};
use proptest::prelude::*;

fn of(algorithm: Algorithm, pieces: &[&[u8]]) -> String {
    let mut hasher = Hasher::new(algorithm);
    pieces.iter().for_each(|piece| hasher.update(piece));
    hasher.finish().to_base64()
}

fn declared(headers: &[(&'static str, &'static str)]) -> Result<Declared, ChecksumError> {
    let headers = headers
        .iter()
        .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
        .collect();
    Declared::read(&headers)
}

#[test]
fn checksums_of_the_check_string() {
    for (algorithm, value) in [
        (Algorithm::Crc32, "y/Q5Jg=="),
        (Algorithm::Crc32c, "4waSgw=="),
        (Algorithm::Crc64Nvme, "rosUhgp5mIg="),
        (Algorithm::Sha1, "98O8HYCOBHMq32eZZczDTKeuNEE="),
        (Algorithm::Sha256, "FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU="),
        (
            Algorithm::Sha512,
            "2eZ2LdHI6vbWGzxhkvxAjU1tXxF20MKRabwk5xw/J0rSf81YEbMT1oH35V7ALXPUmclUVba1u1A6z1dPuo/+hQ==",
        ),
        (Algorithm::Md5, "JfnnlDI7RTiF9RgfG2JNCw=="),
        (Algorithm::XxHash64, "jLhB20DmroM="),
        (Algorithm::XxHash3, "ctyxi2ehff8="),
        (Algorithm::XxHash128, "MxGUd+3l3NXpcWQnaB1YYA=="),
    ] {
        assert_eq!(value.len(), algorithm.base64_length());
        assert_eq!(Algorithm::from_sdk_name(algorithm.sdk_name()), Some(algorithm));
        assert_eq!(of(algorithm, &[b"123456789"]), value, "{algorithm:?}");
        assert_eq!(of(algorithm, &[b"1234", b"", b"56789"]), value, "{algorithm:?}");
        assert_eq!(Checksum::parse(algorithm, value).unwrap().to_base64(), value);
    }
    assert_eq!(ContentMd5::of(b"123456789").to_base64(), "JfnnlDI7RTiF9RgfG2JNCw==");
    assert_eq!(ContentMd5::parse("JfnnlDI7RTiF9RgfG2JNCw=="), Ok(ContentMd5::of(b"123456789")));
}

#[test]
fn a40_values_of_the_wrong_shape_are_refused() {
    for value in ["", "y/Q5Jg", "y/Q5Jg=", "AAAA", "y/Q5J!==", " y/Q5Jg==", "y_Q5Jg=="] {
        assert!(Checksum::parse(Algorithm::Crc32, value).is_err(), "{value}");
    }
    assert!(ContentMd5::parse("y/Q5Jg==").is_err());
    assert_eq!(ContentMd5::parse("x").unwrap_err().code(), AwsCode::InvalidDigest);
}

#[test]
fn names_are_read_in_any_case() {
    assert_eq!(Algorithm::from_header_name("X-Amz-Checksum-Crc64Nvme"), Some(Algorithm::Crc64Nvme));
    assert_eq!(Algorithm::from_sdk_name("crc32c"), Some(Algorithm::Crc32c));
    assert_eq!(Algorithm::from_header_name("x-amz-checksum-type"), None);
    assert_eq!(Algorithm::from_sdk_name(""), None);
}

#[test]
fn a_request_may_say_one_checksum() {
    const CRC32: (&str, &str) = ("x-amz-checksum-crc32", "y/Q5Jg==");
    const SHA1: (&str, &str) = ("x-amz-checksum-sha1", "98O8HYCOBHMq32eZZczDTKeuNEE=");
    assert_eq!(declared(&[]), Ok(Declared::default()));
    assert_eq!(declared(&[CRC32]).unwrap().algorithm(), Some(Algorithm::Crc32));
    assert_eq!(declared(&[CRC32, SHA1]), Err(ChecksumError::Several));
    assert_eq!(
        declared(&[CRC32, ("x-amz-trailer", "x-amz-checksum-crc32")]),
        Err(ChecksumError::Several)
    );
    let trailer =
        declared(&[("x-amz-trailer", "X-Amz-Checksum-Crc32, x-amz-trailer-signature")]).unwrap();
    assert_eq!((trailer.header.clone(), trailer.algorithm()), (None, Some(Algorithm::Crc32)));
    assert_eq!(
        declared(&[("x-amz-trailer", "x-amz-checksum-crc32,x-amz-checksum-sha1")]),
        Err(ChecksumError::Several)
    );
    for trailer in ["x-amz-meta-a", "x-amz-checksum-blake3", "content-md5"] {
        assert_eq!(declared(&[("x-amz-trailer", trailer)]), Err(ChecksumError::Trailer));
    }
}

#[test]
fn the_algorithm_that_the_sdk_names_must_agree() {
    const CRC32: (&str, &str) = ("x-amz-checksum-crc32", "y/Q5Jg==");
    const NAME: &str = "x-amz-sdk-checksum-algorithm";
    assert!(declared(&[CRC32, (NAME, "CRC32")]).is_ok());
    assert!(declared(&[("x-amz-trailer", "x-amz-checksum-sha256"), (NAME, "SHA256")]).is_ok());
    assert_eq!(declared(&[CRC32, (NAME, "CRC32C")]), Err(ChecksumError::Algorithm));
    assert_eq!(declared(&[CRC32, (NAME, "XXHASH3")]), Err(ChecksumError::Algorithm));
    assert_eq!(declared(&[(NAME, "CRC32")]), Err(ChecksumError::Absent));
}

#[test]
fn a15_bulk_delete_needs_a_checksum() {
    assert!(is_required(OperationKind::DeleteObjects));
    assert!(!is_required(OperationKind::CompleteMultipartUpload));
    assert!(Declared::default().is_empty());
    assert!(!declared(&[("content-md5", "JfnnlDI7RTiF9RgfG2JNCw==")]).unwrap().is_empty());
    assert!(!declared(&[("x-amz-checksum-crc32", "y/Q5Jg==")]).unwrap().is_empty());
}

proptest! {
    #[test]
    fn values_never_panic(value in any::<String>()) {
        for algorithm in Algorithm::ALL {
            let _ = Checksum::parse(algorithm, &value);
        }
        let _ = ContentMd5::parse(&value);
    }
}

fn of_object(headers: &[(&'static str, &'static str)]) -> Result<OfObject, ChecksumError> {
    let pair = |&(name, value): &(&'static str, &'static str)| {
        (http::HeaderName::from_static(name), http::HeaderValue::from_static(value))
    };
    OfObject::read(&headers.iter().map(pair).collect())
}

#[test]
fn what_is_said_of_the_object_of_an_upload() {
    let crc32 = "x-amz-checksum-crc32";
    assert_eq!(of_object(&[]), Ok(OfObject::default()));
    let algorithm = Some(Algorithm::Crc32);
    for value in ["AAAAAA==", "AAAAAA==-1", "AAAAAA==-10000"] {
        let said = of_object(&[(crc32, value), ("x-amz-mp-object-size", "0")]);
        assert_eq!(said, Ok(OfObject { algorithm, size: Some(0) }), "{value}");
    }
    for value in ["", "AAAAAA", "AAAA", "AAAAAA==-", "AAAAAA==-x", "AAAAAA==-1-1", "-1"] {
        assert_eq!(of_object(&[(crc32, value)]), Err(ChecksumError::Value(crc32)), "{value}");
    }
    for size in ["", "-1", "+1", "1 ", "18446744073709551616"] {
        let error = ChecksumError::Value(OBJECT_SIZE);
        assert_eq!(of_object(&[(OBJECT_SIZE, size)]), Err(error), "{size}");
    }
    let two = [(crc32, "AAAAAA=="), ("x-amz-checksum-crc32c", "AAAAAA==")];
    assert_eq!(of_object(&two), Err(ChecksumError::Several));
}
