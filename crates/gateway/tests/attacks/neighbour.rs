//! Alice does not reach what is bob's: by no operation, no signature and no addressing style.
//!
//! Each case is first sent by a user who may do everything and must pass, so that a refusal says
//! something about alice and not about the case.

use testkit::answer::Answer;
use testkit::signed::{Credentials, Prepared, SignedRequest};

use crate::harness::{HOST, World};

/// Where the signature stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Scheme {
    Header,
    Query,
    HmacV1,
}

/// Where the bucket stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Style {
    Path,
    Virtual,
}

/// What a case is about.
#[derive(Clone, Copy)]
struct Case {
    method: &'static str,
    bucket: &'static str,
    /// Key and query, with the slash in front.
    rest: &'static str,
    header: Option<(&'static str, &'static str)>,
    body: &'static str,
    /// What the store says to the control.
    answer: &'static str,
}

const BASE: Case =
    Case { method: "GET", bucket: "data", rest: "/", header: None, body: "", answer: "" };
const DELETE: &str = "<Delete><Object><Key>bob/secret.txt</Key></Object></Delete>";
const COMPLETE: &str = "<CompleteMultipartUpload><Part><PartNumber>1</PartNumber><ETag>\"e\"</ETag>\
                        </Part></CompleteMultipartUpload>";
const COMPLETED: &str =
    "<CompleteMultipartUploadResult><ETag>\"e\"</ETag></CompleteMultipartUploadResult>";
const COPIED: &str = "<CopyObjectResult><ETag>\"e\"</ETag></CopyObjectResult>";
const PART_COPIED: &str = "<CopyPartResult><ETag>\"e\"</ETag></CopyPartResult>";

fn case(operation: &str) -> Case {
    let secret = "/bob/secret.txt";
    let part = "/bob/secret.txt?partNumber=1&uploadId=u";
    let own_part = "/alice/part?partNumber=1&uploadId=u";
    let from = |source| Some(("x-amz-copy-source", source));
    match operation {
        "CreateBucket" => Case { method: "PUT", bucket: "bobs-bucket", ..BASE },
        "DeleteBucket" => Case { method: "DELETE", bucket: "bobs-bucket", ..BASE },
        "HeadBucket" => Case { method: "HEAD", bucket: "bobs-bucket", ..BASE },
        "GetBucketLocation" => Case { bucket: "bobs-bucket", rest: "/?location", ..BASE },
        "ListObjects" => Case { rest: "/?prefix=bob%2F", ..BASE },
        "ListObjectsAll" => BASE,
        "ListObjectsV2" => Case { rest: "/?list-type=2&prefix=bob%2F", ..BASE },
        "ListObjectVersions" => Case { rest: "/?prefix=bob%2F&versions", ..BASE },
        "ListMultipartUploads" => Case { rest: "/?prefix=bob%2F&uploads", ..BASE },
        "GetObject" => Case { rest: secret, ..BASE },
        "GetObjectVersion" => Case { rest: "/bob/secret.txt?versionId=v", ..BASE },
        "HeadObject" => Case { method: "HEAD", rest: secret, ..BASE },
        "PutObject" => Case { method: "PUT", rest: secret, body: "stolen", ..BASE },
        "CopyObjectFrom" => Case {
            method: "PUT",
            rest: "/alice/loot",
            header: from("data/bob/secret.txt"),
            answer: COPIED,
            ..BASE
        },
        "CopyObjectTo" => Case {
            method: "PUT",
            rest: secret,
            header: from("data/alice/poison"),
            answer: COPIED,
            ..BASE
        },
        "UploadPartCopyFrom" => Case {
            method: "PUT",
            rest: own_part,
            header: from("/data/bob/secret.txt"),
            answer: PART_COPIED,
            ..BASE
        },
        "UploadPartCopyTo" => Case {
            method: "PUT",
            rest: part,
            header: from("data/alice/poison"),
            answer: PART_COPIED,
            ..BASE
        },
        "DeleteObject" => Case { method: "DELETE", rest: secret, ..BASE },
        "CreateMultipartUpload" => Case { method: "POST", rest: "/bob/secret.txt?uploads", ..BASE },
        "UploadPart" => Case { method: "PUT", rest: part, body: "stolen", ..BASE },
        "CompleteMultipartUpload" => Case {
            method: "POST",
            rest: "/bob/secret.txt?uploadId=u",
            body: COMPLETE,
            answer: COMPLETED,
            ..BASE
        },
        "AbortMultipartUpload" => {
            Case { method: "DELETE", rest: "/bob/secret.txt?uploadId=u", ..BASE }
        }
        "ListParts" => Case { rest: "/bob/secret.txt?uploadId=u", ..BASE },
        "DeleteObjects" => Case {
            method: "POST",
            rest: "/?delete",
            header: Some(("content-md5", "MOPTGMcOKfFdtpqpXljAIg==")),
            body: DELETE,
            answer: "<DeleteResult><Deleted><Key>bob/secret.txt</Key></Deleted></DeleteResult>",
            ..BASE
        },
        other => panic!("no case for {other}"),
    }
}

/// What the older scheme signs; everything else is nobody's there.
const HMACV1: [&str; 10] = [
    "GetObject",
    "GetObjectVersion",
    "HeadObject",
    "PutObject",
    "DeleteObject",
    "CreateMultipartUpload",
    "UploadPart",
    "ListParts",
    "CompleteMultipartUpload",
    "AbortMultipartUpload",
];

impl Case {
    fn signed(&self, style: Style, scheme: Scheme, keys: &Credentials) -> Prepared {
        let bucket = self.bucket;
        let mut request = match style {
            Style::Path => {
                SignedRequest::new(self.method, &format!("/{bucket}{}", self.rest)).host(HOST)
            }
            Style::Virtual => {
                SignedRequest::new(self.method, self.rest).host(format!("{bucket}.{HOST}"))
            }
        };
        request = request.body(self.body);
        if let Some((name, value)) = self.header {
            request = request.header(name, value);
        }
        match (scheme, style) {
            (Scheme::Header, _) => request.sign(keys),
            (Scheme::Query, _) => request.presign(keys, 300),
            (Scheme::HmacV1, style) => {
                let in_host =
                    if style == Style::Virtual { format!("/{bucket}") } else { String::new() };
                let expires = testkit::clock::now() + 300;
                let signed = request.presign_hmacv1(keys, expires, &in_host);
                match self.header {
                    // A copy source is signed either way, and means something as a header only.
                    Some((name @ "x-amz-copy-source", value)) => {
                        let hoisted = testkit::signed::encode(value.as_bytes());
                        signed
                            .with_target(&format!("&{name}={hoisted}"), "")
                            .with_header(name, value)
                    }
                    _ => signed,
                }
            }
        }
    }
}

async fn world() -> World {
    let world = World::start().await;
    world.store.put("/data/bob/secret.txt", b"bob's secret", &[]);
    // What answers the controls of the bucket's own operations.
    world.store.put("/data", b"", &[]);
    world.store.put("/bobs-bucket", b"", &[]);
    world
}

/// Whether it passes for a user who may do everything, and not for alice.
async fn alice_cannot(operation: &str, style: Style, scheme: Scheme) {
    let case = case(operation);
    let world = world().await;
    let signable = scheme != Scheme::HmacV1 || HMACV1.contains(&operation);
    let control = case.signed(style, scheme, &world.loader);
    if signable {
        if !case.answer.is_empty() {
            let answer = Answer::ok().body(case.answer);
            world.store.push_for(|request| request.path() != "/fence/fence", answer);
        }
        let (_, sent) = world.passed(&control).await;
        assert_eq!(sent.method, case.method);
    } else {
        world.denied(&control).await;
    }
    let alice = world.login("alice").await;
    let attempt = case.signed(style, scheme, &alice);
    if operation == "DeleteObjects" && signable {
        let before = world.store.requests().len();
        let response = world.send(&attempt).await;
        assert_eq!((response.status, response.code()), (200, Some("AccessDenied")));
        assert!(!response.text().contains("<Deleted>"), "{}", response.text());
        let line = world.line_of(&response).await;
        assert_eq!(line["decision"], "implicitDeny", "{line}");
        world.untouched_since(before).await;
    } else {
        world.denied(&attempt).await;
    }
    let kept = world.store.object("/data/bob/secret.txt");
    if signable && matches!(operation, "PutObject" | "DeleteObject") {
        return; // The control has changed it.
    }
    assert_eq!(kept.unwrap().body, b"bob's secret");
}

macro_rules! alice_cannot {
    ($($name:ident: $operation:literal;)*) => {$(
        mod $name {
            use super::*;

            #[tokio::test]
            async fn header_path() {
                alice_cannot($operation, Style::Path, Scheme::Header).await;
            }

            #[tokio::test]
            async fn header_virtual() {
                alice_cannot($operation, Style::Virtual, Scheme::Header).await;
            }

            #[tokio::test]
            async fn presigned_path() {
                alice_cannot($operation, Style::Path, Scheme::Query).await;
            }

            #[tokio::test]
            async fn presigned_virtual() {
                alice_cannot($operation, Style::Virtual, Scheme::Query).await;
            }

            #[tokio::test]
            async fn hmacv1_path() {
                alice_cannot($operation, Style::Path, Scheme::HmacV1).await;
            }

            #[tokio::test]
            async fn hmacv1_virtual() {
                alice_cannot($operation, Style::Virtual, Scheme::HmacV1).await;
            }
        }
    )*};
}

alice_cannot! {
    a10_create_bucket: "CreateBucket";
    a10_delete_bucket: "DeleteBucket";
    a10_head_bucket: "HeadBucket";
    a10_get_bucket_location: "GetBucketLocation";
    a10_list_objects: "ListObjects";
    a10_list_objects_all: "ListObjectsAll";
    a10_list_objects_v2: "ListObjectsV2";
    a10_list_object_versions: "ListObjectVersions";
    a10_list_multipart_uploads: "ListMultipartUploads";
    a10_get_object: "GetObject";
    a10_get_object_version: "GetObjectVersion";
    a10_head_object: "HeadObject";
    a10_put_object: "PutObject";
    a14_copy_object_from: "CopyObjectFrom";
    a14_copy_object_to: "CopyObjectTo";
    a14_upload_part_copy_from: "UploadPartCopyFrom";
    a14_upload_part_copy_to: "UploadPartCopyTo";
    a10_delete_object: "DeleteObject";
    a15_delete_objects: "DeleteObjects";
    a10_create_multipart_upload: "CreateMultipartUpload";
    a10_upload_part: "UploadPart";
    a10_complete_multipart_upload: "CompleteMultipartUpload";
    a10_abort_multipart_upload: "AbortMultipartUpload";
    a10_list_parts: "ListParts";
}

/// The twenty-first operation shows names of buckets: those that alice may list in.
async fn list_buckets_shows_own_only(scheme: Scheme) {
    let world = world().await;
    let all = "<ListAllMyBucketsResult><Owner><ID>store-owner</ID></Owner><Buckets>\
               <Bucket><Name>data</Name></Bucket><Bucket><Name>bobs-bucket</Name></Bucket>\
               </Buckets></ListAllMyBucketsResult>";
    let list = Case { bucket: "", rest: "", ..BASE };
    for (keys, bobs) in [(world.loader.clone(), true), (world.login("alice").await, false)] {
        world.store.push_for(|request| request.path() == "/", Answer::ok().body(all));
        let (response, _) = world.passed(&list.signed(Style::Path, scheme, &keys)).await;
        assert!(response.text().contains("<Name>data</Name>"), "{}", response.text());
        assert_eq!(response.text().contains("bobs-bucket"), bobs, "{}", response.text());
        assert!(!response.text().contains("store-owner"), "{}", response.text());
    }
}

#[tokio::test]
async fn a10_list_buckets_header() {
    list_buckets_shows_own_only(Scheme::Header).await;
}

#[tokio::test]
async fn a10_list_buckets_presigned() {
    list_buckets_shows_own_only(Scheme::Query).await;
}

#[tokio::test]
async fn a10_list_buckets_hmacv1() {
    let world = world().await;
    let list = Case { bucket: "", rest: "", ..BASE };
    let alice = world.login("alice").await;
    for keys in [&world.loader, &alice] {
        world.denied(&list.signed(Style::Path, Scheme::HmacV1, keys)).await;
    }
}
