//! Documents that are the store's to understand: lifecycle rules, CORS, website, access control lists and
//! all the others whose inside decides nothing at the gateway.
//!
//! They are read all the same, and written anew: what the store gets is one well-formed document of
//! the operation's root element, without comments, processing instructions, DTD or foreign attributes,
//! however it was written. Two readers cannot find different things in it.

use std::collections::BTreeSet;

use super::DocumentError;
use crate::name::Bucket;
use crate::xml::{Cursor, Piece, Reading, Writer, XmlError};

/// Most elements and texts. 1,000 lifecycle rules of a dozen elements each have about 30,000.
const MAX_PIECES: usize = 100_000;

/// Deepest nesting. The deepest document of the service model (an inventory's destination) has 7.
const MAX_DEPTH: usize = 32;

/// Longest text of one element: the longest is a query of SelectObjectContent, 256 KiB.
const MAX_TEXT: usize = 256 * 1024;

/// Most different buckets to write to: a replication has up to 1,000 rules, each with one.
const MAX_BUCKETS: usize = 1_000;

/// A document of one root element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Configuration {
    root: &'static str,
    pieces: Vec<Piece>,
    written: BTreeSet<Bucket>,
}

impl Configuration {
    /// An empty body is no document, but for access control lists, which may stand in headers.
    pub(super) fn parse(root: &'static str, body: &[u8]) -> Result<Self, DocumentError> {
        if body.is_empty() && root == "AccessControlPolicy" {
            return Ok(Self { root, pieces: Vec::new(), written: BTreeSet::new() });
        }
        let mut written = BTreeSet::new();
        let mut cursor = Cursor::root(body, Reading::Strict, root)?;
        let mut pieces = vec![Piece::Open(root.to_owned(), None)];
        let mut depth = 1_usize;
        while depth > 0 {
            let piece = cursor.piece(MAX_TEXT)?;
            match &piece {
                // RestoreObject with a SELECT writes objects to another bucket, with an ACL, and a logging
                // gives grants on its objects: nobody asked the policies about these.
                Piece::Open(name, _)
                    if ["OutputLocation", "TargetGrants"]
                        .iter()
                        .any(|refused| refused.eq_ignore_ascii_case(name)) =>
                {
                    return Err(XmlError::Unexpected(name.clone()).into());
                }
                // Whoever takes the text of an element for that of all within it would read another name.
                Piece::Open(inside, _) if pieces.last().is_some_and(names_bucket) => {
                    return Err(XmlError::Unexpected(inside.clone()).into());
                }
                Piece::Open(..) => depth += 1,
                Piece::Close => depth -= 1,
                Piece::Text(text) => {
                    if let Some(Piece::Open(name, _)) = pieces.last()
                        && let Some(name) =
                            BUCKETS.iter().find(|known| known.eq_ignore_ascii_case(name))
                    {
                        written.insert(bucket(text).ok_or(XmlError::Value(name))?);
                    }
                }
            }
            if written.len() > MAX_BUCKETS {
                return Err(XmlError::TooMany("Bucket").into());
            }
            if depth > MAX_DEPTH || pieces.len() == MAX_PIECES {
                return Err(XmlError::TooMany(root).into());
            }
            pieces.push(piece);
        }
        cursor.finish()?;
        Ok(Self { root, pieces, written })
    }

    /// The buckets into which the store will write because of it: replicas, logs, inventories and
    /// analyses.
    pub fn written(&self) -> impl Iterator<Item = &Bucket> {
        self.written.iter()
    }

    /// Whether an element of this name is in it, in whatever case.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.pieces.iter().any(|piece| is_open(piece, name))
    }

    /// The texts of all elements of this name, in whatever case.
    pub(crate) fn texts<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let beside = self.pieces.iter().zip(self.pieces.iter().skip(1));
        beside.filter(move |(open, _)| is_open(open, name)).map(|(_, inside)| match inside {
            Piece::Text(text) => text.as_str(),
            Piece::Open(..) | Piece::Close => "",
        })
    }

    /// Whether nothing was sent.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    pub(super) fn render(&self) -> String {
        if self.is_empty() { String::new() } else { Writer::pieces(self.root, &self.pieces) }
    }
}

/// The elements that name a bucket which the store will write to: `TargetBucket` of a logging, `Bucket` in
/// the destination of a replication, an inventory and an analysis. In whatever case: some readers have none.
const BUCKETS: [&str; 2] = ["TargetBucket", "Bucket"];

fn is_open(piece: &Piece, wanted: &str) -> bool {
    matches!(piece, Piece::Open(name, _) if name.eq_ignore_ascii_case(wanted))
}

fn names_bucket(piece: &Piece) -> bool {
    matches!(piece, Piece::Open(name, _) if BUCKETS.iter().any(|known| known.eq_ignore_ascii_case(name)))
}

/// A bucket, by its name or its ARN: AWS has the one in a logging and the other elsewhere, and stores
/// take both.
fn bucket(named: &str) -> Option<Bucket> {
    Bucket::parse(named.strip_prefix("arn:aws:s3:::").unwrap_or(named)).ok()
}

/// A bucket policy on its way to a store that decides by it. Its language is the store's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyText(String);

impl PolicyText {
    pub(super) fn parse(body: &[u8]) -> Result<Self, DocumentError> {
        match std::str::from_utf8(body) {
            Ok(text) if text.trim_start().starts_with('{') => Ok(Self(text.to_owned())),
            _ => Err(DocumentError::Policy),
        }
    }

    pub(super) fn render(&self) -> String {
        self.0.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Document, OperationKind};

    fn rebuilt(kind: OperationKind, body: &str) -> Result<String, DocumentError> {
        let document = Document::parse(kind, body.as_bytes())?;
        Ok(String::from_utf8(document.render()).unwrap())
    }

    #[test]
    fn a10_a_configuration_is_written_anew() {
        let body = "\u{feff}<?xml version='1.0'?><!-- c --><p:CORSConfiguration xmlns:p='urn:x'>\n \
            <p:CORSRule><p:AllowedOrigin><![CDATA[<*>]]>&#97;</p:AllowedOrigin><ID/></p:CORSRule></p:CORSConfiguration> ";
        assert_eq!(
            rebuilt(OperationKind::PutBucketCors, body).unwrap(),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <CORSConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><CORSRule>\
             <AllowedOrigin>&lt;*&gt;a</AllowedOrigin><ID></ID></CORSRule></CORSConfiguration>"
        );
    }

    #[test]
    fn the_type_of_a_grantee_survives() {
        let body = r#"<AccessControlPolicy><AccessControlList><Grant><Grantee
            xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="Group"><URI>u</URI></Grantee>
            </Grant></AccessControlList></AccessControlPolicy>"#;
        let rebuilt = rebuilt(OperationKind::PutBucketAcl, body).unwrap();
        let grantee = "<Grantee xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" xsi:type=\"Group\"><URI>u</URI>";
        assert!(rebuilt.contains(grantee), "{rebuilt}");
        assert_eq!(
            super::super::Document::parse(OperationKind::PutBucketAcl, b"").unwrap().render(),
            b""
        );
    }

    #[test]
    fn a14_a_restore_does_not_write_elsewhere() {
        let request = |inside: &str| format!("<RestoreRequest>{inside}</RestoreRequest>");
        let select = "<Type>SELECT</Type><OutputLocation><S3><BucketName>other</BucketName></S3></OutputLocation>";
        assert!(rebuilt(OperationKind::RestoreObject, &request(select)).is_err());
        let named = "<x:OutputLocation xmlns:x='urn:x'/>";
        assert!(rebuilt(OperationKind::RestoreObject, &request(named)).is_err());
        assert!(rebuilt(OperationKind::RestoreObject, &request("<outputLocation/>")).is_err());
        let grants = "<BucketLoggingStatus><LoggingEnabled><TargetBucket>logs</TargetBucket>\
            <TargetGrants></TargetGrants></LoggingEnabled></BucketLoggingStatus>";
        assert!(rebuilt(OperationKind::PutBucketLogging, grants).is_err());
        rebuilt(OperationKind::RestoreObject, &request("<Days>1</Days>")).unwrap();
    }

    #[test]
    fn a14_the_buckets_that_a_store_will_write_to_are_known() {
        let written = |kind: OperationKind, body: &str| {
            let Ok(Document::Configuration(read)) = Document::parse(kind, body.as_bytes()) else {
                return None;
            };
            Some(read.written().map(ToString::to_string).collect::<Vec<_>>())
        };
        let logging = |bucket: &str| {
            let body = format!(
                "<BucketLoggingStatus><LoggingEnabled><TargetBucket>{bucket}</TargetBucket>\
                 <TargetPrefix>Bucket</TargetPrefix></LoggingEnabled></BucketLoggingStatus>"
            );
            written(OperationKind::PutBucketLogging, &body)
        };
        assert_eq!(logging("logs").unwrap(), ["logs"]);
        assert_eq!(logging("l<!-- -->og&#115;").unwrap(), ["logs"]);
        let lower = "<BucketLoggingStatus><targetbucket>logs</targetbucket></BucketLoggingStatus>";
        assert_eq!(written(OperationKind::PutBucketLogging, lower).unwrap(), ["logs"]);
        for bad in
            ["", "a/b", "tenant:logs", "arn:aws:s3:::logs/x", "arn:aws:s3:eu:1:logs", " logs"]
        {
            assert_ne!(logging(bad), Some(vec!["logs".to_owned()]), "{bad}");
            assert!(bad.is_empty() || logging(bad).is_none(), "{bad}");
        }
        let rule = |n: usize| {
            format!("<Rule><Destination><Bucket>arn:aws:s3:::to-{n}</Bucket></Destination></Rule>")
        };
        let replication = |rules: &[usize]| {
            let rules: String = rules.iter().copied().map(rule).collect();
            let body = format!("<ReplicationConfiguration>{rules}</ReplicationConfiguration>");
            written(OperationKind::PutBucketReplication, &body)
        };
        assert_eq!(replication(&[2, 1, 2]).unwrap(), ["to-1", "to-2"]);
        let many: Vec<usize> = (0..1_000).collect();
        assert_eq!(replication(&many).unwrap().len(), 1_000);
        let too_many: Vec<usize> = (0..1_001).collect();
        assert_eq!(replication(&too_many), None);
        let inventory = "<InventoryConfiguration><Destination><x:S3BucketDestination xmlns:x='urn:x'>\
            <x:Bucket>arn:aws:s3:::stock</x:Bucket></x:S3BucketDestination></Destination></InventoryConfiguration>";
        let read = written(OperationKind::PutBucketInventoryConfiguration, inventory);
        assert_eq!(read.unwrap(), ["stock"]);
        assert!(logging("<x>logs</x>").is_none(), "an element inside");
        let none = "<BucketLoggingStatus/>";
        assert!(written(OperationKind::PutBucketLogging, none).unwrap().is_empty());
    }

    /// What the store reads has the names that we read, and no element that we did not.
    #[test]
    fn a15_names_are_names() {
        let of = |name: &str, end: &str| {
            let declared = "xmlns:x='urn:x' xmlns:y='urn:y'";
            let body = format!(
                "<WebsiteConfiguration {declared}><{name}>forbidden</{end}></WebsiteConfiguration>"
            );
            rebuilt(OperationKind::PutBucketWebsite, &body)
        };
        for name in ["a", "x:a", "_a", "x:a-b.c"] {
            let local = name.trim_start_matches("x:");
            assert!(
                of(name, name).unwrap().contains(&format!("<{local}>forbidden</{local}>")),
                "{name}"
            );
        }
        for name in [
            "x:y:Bucket",
            "x::Bucket",
            ":Bucket",
            "x:",
            "x:!--",
            "x:!DOCTYPE",
            "x:a'",
            "x:a\"",
            "1a",
            "x:-a",
            "x:a&amp;b",
            "x:a;b",
            "x:a=b",
            "x:\u{e9}",
        ] {
            assert!(of(name, name).is_err(), "{name}");
        }
        let split = "<WebsiteConfiguration xmlns:x='u'><x:a'><Bucket>forbidden</Bucket><b'/></WebsiteConfiguration>";
        assert!(rebuilt(OperationKind::PutBucketWebsite, split).is_err());
    }

    /// The longest query of SelectObjectContent has 256 KiB at AWS.
    #[test]
    fn documents_are_bounded_in_depth_pieces_and_texts() {
        let nested = |depth: usize| {
            let inside = depth - 1;
            format!(
                "<SelectObjectContentRequest>{}{}</SelectObjectContentRequest>",
                "<a>".repeat(inside),
                "</a>".repeat(inside)
            )
        };
        let wide = |elements: usize| {
            let inside = "<a/>".repeat(elements - 1);
            format!("<SelectObjectContentRequest>{inside}</SelectObjectContentRequest>")
        };
        let long = |length: usize| {
            let query = "x".repeat(length);
            format!(
                "<SelectObjectContentRequest><Expression>{query}</Expression></SelectObjectContentRequest>"
            )
        };
        for (fits, is_too_much) in [
            (nested(MAX_DEPTH), nested(MAX_DEPTH + 1)),
            (wide(MAX_PIECES / 2), wide(MAX_PIECES / 2 + 1)),
            (long(262_144), long(262_145)),
        ] {
            rebuilt(OperationKind::SelectObjectContent, &fits).unwrap();
            let refused = rebuilt(OperationKind::SelectObjectContent, &is_too_much).unwrap_err();
            assert!(matches!(refused, DocumentError::Xml(XmlError::TooMany(_))), "{refused}");
        }
    }

    #[test]
    fn what_is_not_exactly_one_document_is_refused() {
        let deep = format!("<WebsiteConfiguration>{}", "<a>".repeat(40));
        for body in [
            "",
            " ",
            "<Other/>",
            "<WebsiteConfiguration>",
            "<WebsiteConfiguration/><WebsiteConfiguration/>",
            "<WebsiteConfiguration/>x",
            "<WebsiteConfiguration a='b'/>",
            "<!DOCTYPE a><WebsiteConfiguration/>",
            "<WebsiteConfiguration>&e;</WebsiteConfiguration>",
            "<WebsiteConfiguration><?pi?></WebsiteConfiguration>",
            "<WebsiteConfiguration>text<a/></WebsiteConfiguration>",
            "<WebsiteConfiguration><a>text<b/></a></WebsiteConfiguration>",
            deep.as_str(),
        ] {
            assert!(rebuilt(OperationKind::PutBucketWebsite, body).is_err(), "{body}");
        }
        assert!(rebuilt(OperationKind::PutBucketPolicy, "[]").is_err());
        assert_eq!(rebuilt(OperationKind::PutBucketPolicy, "{\"a\":1}").unwrap(), "{\"a\":1}");
    }
}
