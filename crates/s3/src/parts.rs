//! The parts of an upload, as their store lists them: what CompleteMultipartUpload is about to put together.

use std::collections::BTreeMap;

use http::{HeaderMap, Method};

use crate::encoding::encode_query;
use crate::operation::OperationKind;
use crate::resolve::{Addressing, Operation, Outgoing};
use crate::xml::{Cursor, Reading, XmlError};

/// The longest text that is read: ETags and numbers are short.
const MAX_TEXT: usize = 4096;

/// The most parts of a page: AWS has 1,000, and no upload has more than 10,000.
const MAX_PARTS: usize = 10_000;

/// A page of ListParts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PartList {
    /// The size of each part, in bytes, by its number.
    pub sizes: BTreeMap<u16, u64>,
    /// What the next page begins after; None: this was the last.
    pub next: Option<u16>,
}

/// The request of ListParts for the upload that a CompleteMultipartUpload names, from the part after `after`; to be
/// completed with host and signature.
#[must_use]
pub fn list_parts(complete: &Operation, after: u16, addressing: Addressing) -> Outgoing {
    debug_assert_eq!(complete.kind(), OperationKind::CompleteMultipartUpload);
    let id = encode_query(complete.query("uploadId").unwrap_or_default());
    let query = match after {
        0 => format!("uploadId={id}"),
        _ => format!("part-number-marker={after}&uploadId={id}"),
    };
    let headers = HeaderMap::new();
    Outgoing { method: Method::GET, query, headers, ..complete.outgoing(addressing) }
}

impl PartList {
    /// Reads `ListPartsResult`.
    ///
    /// # Errors
    /// [`XmlError`] when it is something else, or does not say where the next page begins.
    pub fn parse(body: &[u8]) -> Result<Self, XmlError> {
        let mut cursor = Cursor::root(body, Reading::Lenient, "ListPartsResult")?;
        let (mut list, mut truncated, mut next) = (Self::default(), None, None);
        while let Some(element) = cursor.next()? {
            match element.as_str() {
                "IsTruncated" => cursor.text_once(&mut truncated, "IsTruncated", MAX_TEXT)?,
                "NextPartNumberMarker" => {
                    cursor.text_once(&mut next, "NextPartNumberMarker", MAX_TEXT)?;
                }
                "Part" if list.sizes.len() == MAX_PARTS => return Err(XmlError::TooMany("Part")),
                "Part" => {
                    let (number, size) = part(&mut cursor)?;
                    if list.sizes.insert(number, size).is_some() {
                        return Err(XmlError::Value("PartNumber"));
                    }
                }
                _ => cursor.skip()?,
            }
        }
        cursor.finish()?;
        if truncated.as_deref() == Some("true") {
            let next = next.ok_or(XmlError::Missing("NextPartNumberMarker"))?;
            list.next = Some(number(&next, "NextPartNumberMarker")?);
        }
        Ok(list)
    }
}

fn part(cursor: &mut Cursor<'_>) -> Result<(u16, u64), XmlError> {
    let (mut its_number, mut size) = (None, None);
    while let Some(element) = cursor.next()? {
        match element.as_str() {
            "PartNumber" => cursor.text_once(&mut its_number, "PartNumber", MAX_TEXT)?,
            "Size" => cursor.text_once(&mut size, "Size", MAX_TEXT)?,
            _ => cursor.skip()?,
        }
    }
    let its_number = its_number.ok_or(XmlError::Missing("PartNumber"))?;
    let size = size.ok_or(XmlError::Missing("Size"))?;
    Ok((number(&its_number, "PartNumber")?, number(&size, "Size")?))
}

fn number<T: std::str::FromStr>(text: &str, element: &'static str) -> Result<T, XmlError> {
    text.trim().parse().map_err(|_| XmlError::Value(element))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resolve::resolve;
    use crate::vectors::Request;

    #[test]
    fn the_request_is_about_the_upload() {
        let request = Request::new("POST", "/bucket/a%20b", "uploadId=u%2B1", &[("if-match", "e")]);
        let complete = resolve(&request.raw()).unwrap();
        let first = list_parts(&complete, 0, Addressing::Path);
        assert_eq!((&first.method, &*first.path), (&Method::GET, "/bucket/a%20b"));
        assert_eq!(first.query, "uploadId=u%2B1");
        assert!(first.headers.is_empty());
        let next = list_parts(&complete, 7, Addressing::Path);
        assert_eq!(next.query, "part-number-marker=7&uploadId=u%2B1");
    }

    fn page(inner: &str) -> Result<PartList, XmlError> {
        PartList::parse(format!("<ListPartsResult>{inner}</ListPartsResult>").as_bytes())
    }

    const ONE: &str = "<Part><PartNumber>1</PartNumber><ETag>e</ETag><Size>5</Size></Part>";

    #[test]
    fn sizes_by_number() {
        let two = "<Part><Size>18446744073709551615</Size><PartNumber>10000</PartNumber></Part>";
        let last = page(&format!("<Owner><ID>o</ID></Owner>{two}{ONE}")).unwrap();
        assert_eq!(last.sizes, BTreeMap::from([(1, 5), (10_000, u64::MAX)]));
        assert_eq!(last.next, None);
        let marker = "<NextPartNumberMarker>1</NextPartNumberMarker>";
        let more = page(&format!("<IsTruncated>true</IsTruncated>{marker}{ONE}")).unwrap();
        assert_eq!(more.next, Some(1));
        let ended = page(&format!("<IsTruncated>false</IsTruncated>{marker}{ONE}")).unwrap();
        assert_eq!(ended.next, None);
    }

    #[test]
    fn what_is_no_list_of_parts_is_refused() {
        for (inner, error) in [
            (
                "<IsTruncated>true</IsTruncated>".to_owned(),
                XmlError::Missing("NextPartNumberMarker"),
            ),
            ("<Part><Size>1</Size></Part>".to_owned(), XmlError::Missing("PartNumber")),
            ("<Part><PartNumber>1</PartNumber></Part>".to_owned(), XmlError::Missing("Size")),
            (ONE.replace('5', "-5"), XmlError::Value("Size")),
            (ONE.repeat(2), XmlError::Value("PartNumber")),
        ] {
            assert_eq!(page(&inner), Err(error), "{inner}");
        }
        assert_eq!(PartList::parse(b"<Error/>"), Err(XmlError::Root("ListPartsResult")));
        let part =
            |number: usize| format!("<Part><PartNumber>{number}</PartNumber><Size>1</Size></Part>");
        let parts = |most| (1..=most).map(part).collect::<String>();
        assert_eq!(page(&parts(10_000)).map(|list| list.sizes.len()), Ok(10_000));
        assert_eq!(page(&parts(10_001)), Err(XmlError::TooMany("Part")));
    }
}
