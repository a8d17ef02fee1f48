"""About sixty cases of what S3 does, each straight at a store and through the gateway.

Each case says what AWS does. Where a store does something else, the case names the store with what it does
(`straight`), and where it stays so through the gateway, too (`through`). The table is checked both ways: a case that
fails unannounced, and one that passes although it was announced, are errors. So is a case that the gateway loses.
"""

import base64
import datetime
import hashlib
import io
import urllib.error
import urllib.parse
import urllib.request
import zlib

import boto3
import botocore.exceptions
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from target import configuration

CASES = []
MIB = 1024 * 1024
PART = 5 * MIB


def case(straight=None, through=None):
    """Keeps a case. `straight`, `through`: by store, what it does instead."""

    def keep(function):
        CASES.append((function.__name__, function, straight or {}, through or {}))
        return function

    return keep


class Place:
    """An endpoint, a client of it, and a bucket."""

    def __init__(self, name, port, keys, region="us-east-1"):
        self.name, self.endpoint, self.region = name, f"http://127.0.0.1:{port}", region
        self.access_key, self.secret_key = keys["main"]
        self.s3 = self.client(self.secret_key)
        stamp = datetime.datetime.now().strftime("%H%M%S%f")
        self.bucket = f"cases-{stamp}"
        self.s3.create_bucket(Bucket=self.bucket)
        self.count = 0

    def client(self, secret_key, access_key=None):
        return boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            region_name=self.region,
            aws_access_key_id=access_key or self.access_key,
            aws_secret_access_key=secret_key,
            config=configuration(signature_version="s3v4", s3={"addressing_style": "path"}, retries={"max_attempts": 1}),
        )

    def key(self, name=None):
        """A key of its own: below a prefix, so that listings are of one case."""
        self.count += 1
        return f"{self.count}/{name or 'key'}"

    def put(self, key, body=b"hello", **more):
        return self.s3.put_object(Bucket=self.bucket, Key=key, Body=body, **more)

    def get(self, key, **more):
        answer = self.s3.get_object(Bucket=self.bucket, Key=key, **more)
        return answer, answer["Body"].read()

    def raw(self, method, key, headers, body=b"", payload=None):
        """A request that is signed with exactly these headers; status and code of the answer."""
        url = f"{self.endpoint}/{self.bucket}/{urllib.parse.quote(key)}"
        payload = payload or hashlib.sha256(body).hexdigest()
        request = AWSRequest(method=method, url=url, headers={**headers, "x-amz-content-sha256": payload})
        signer = SigV4Auth(Credentials(self.access_key, self.secret_key), "s3", self.region)
        signer.payload = lambda request: payload
        signer.add_auth(request)
        return fetch(urllib.request.Request(url, data=body or None, headers=dict(request.headers), method=method))


def fetch(request):
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def refused(call, status, *codes):
    """The call must fail like this."""
    try:
        call()
    except botocore.exceptions.ClientError as error:
        found = error.response["ResponseMetadata"]["HTTPStatusCode"], error.response["Error"]["Code"]
        assert found[0] == status and (found[1] in codes or not codes), f"{found}, not {status} {codes}"
    else:
        raise AssertionError(f"passed, and should be {status} {codes}")


def same(found, expected):
    assert found == expected, f"{found!r}, not {expected!r}"


def names(page):
    return [one["Key"] for one in page.get("Contents", [])]


def prefixes(page):
    return [one["Prefix"] for one in page.get("CommonPrefixes", [])]


# Objects


@case()
def what_is_written_is_read(at):
    key = at.key()
    etag = at.put(key)["ETag"]
    answer, body = at.get(key)
    same((body, answer["ETag"], etag.strip('"')), (b"hello", etag, hashlib.md5(b"hello").hexdigest()))


@case()
def an_object_of_nothing(at):
    key = at.key()
    at.put(key, b"")
    same(at.s3.head_object(Bucket=at.bucket, Key=key)["ContentLength"], 0)


@case()
def an_object_is_replaced(at):
    key = at.key()
    at.put(key, b"before", Metadata={"a": "1"})
    at.put(key, b"after")
    answer, body = at.get(key)
    same((body, answer["Metadata"]), (b"after", {}))


@case()
def what_is_missing_is_missing(at):
    refused(lambda: at.get(at.key()), 404, "NoSuchKey")
    refused(lambda: at.s3.head_object(Bucket=at.bucket, Key=at.key()), 404)
    same(at.s3.delete_object(Bucket=at.bucket, Key=at.key())["ResponseMetadata"]["HTTPStatusCode"], 204)


@case()
def metadata_and_headers_come_back(at):
    key = at.key()
    headers = {
        "CacheControl": "max-age=60",
        "ContentDisposition": 'attachment; filename="a b"',
        "ContentEncoding": "gzip",
        "ContentLanguage": "de",
        "ContentType": "text/x-test",
    }
    at.put(key, Metadata={"a-b": "c d"}, **headers)
    answer = at.s3.head_object(Bucket=at.bucket, Key=key)
    same({name: answer.get(name) for name in headers}, headers)
    same(answer["Metadata"], {"a-b": "c d"})


@case()
def the_first_bytes(at):
    key = at.key()
    at.put(key, b"0123456789")
    answer, body = at.get(key, Range="bytes=0-3")
    same((answer["ResponseMetadata"]["HTTPStatusCode"], body, answer["ContentRange"]), (206, b"0123", "bytes 0-3/10"))


@case()
def the_last_bytes(at):
    key = at.key()
    at.put(key, b"0123456789")
    same([at.get(key, Range=r)[1] for r in ("bytes=-3", "bytes=7-", "bytes=8-99")], [b"789", b"789", b"89"])


@case()
def a_range_behind_the_end(at):
    key = at.key()
    at.put(key, b"0123456789")
    refused(lambda: at.get(key, Range="bytes=10-"), 416, "InvalidRange")


@case(straight={"embedded": "ignores it"})
def reading_if_it_is_the_same(at):
    key = at.key()
    etag = at.put(key)["ETag"]
    same(at.get(key, IfMatch=etag)[1], b"hello")
    refused(lambda: at.get(key, IfMatch='"0"'), 412)


@case(straight={"embedded": "ignores it"})
def reading_if_it_changed(at):
    key = at.key()
    etag = at.put(key)["ETag"]
    refused(lambda: at.get(key, IfNoneMatch=etag), 304)
    same(at.get(key, IfNoneMatch='"0"')[1], b"hello")


@case(straight={"embedded": "ignores it"})
def reading_by_time(at):
    key = at.key()
    at.put(key)
    later = datetime.datetime(2100, 1, 1)
    earlier = datetime.datetime(2000, 1, 1)
    refused(lambda: at.get(key, IfModifiedSince=at.s3.head_object(Bucket=at.bucket, Key=key)["LastModified"]), 304)
    refused(lambda: at.get(key, IfUnmodifiedSince=earlier), 412)
    same(at.get(key, IfModifiedSince=earlier, IfUnmodifiedSince=later)[1], b"hello")


@case()
def headers_of_the_answer_by_the_query(at):
    key = at.key()
    at.put(key)
    answer, _ = at.get(key, ResponseContentType="text/x", ResponseContentDisposition="inline", ResponseCacheControl="no-cache")
    same((answer["ContentType"], answer["ContentDisposition"], answer["CacheControl"]), ("text/x", "inline", "no-cache"))


# What is verified


@case()
def a_wrong_md5(at):
    key = at.key()
    md5 = lambda body: base64.b64encode(hashlib.md5(body).digest()).decode()
    status, body = at.raw("PUT", key, {"content-md5": md5(b"other")}, b"hello")
    assert status == 400 and b"BadDigest" in body, (status, body)
    same(at.raw("PUT", key, {"content-md5": md5(b"hello")}, b"hello")[0], 200)


@case(straight={"embedded": "does not look at it"})
def a_wrong_hash_of_the_payload(at):
    status, body = at.raw("PUT", at.key(), {}, b"hello", payload=hashlib.sha256(b"other").hexdigest())
    assert status == 400 and b"XAmzContentSHA256Mismatch" in body, (status, body)


def crc32(body):
    return base64.b64encode(zlib.crc32(body).to_bytes(4, "big")).decode()


@case(straight={"rgw": "does not look at it"})
def a_wrong_checksum(at):
    status, body = at.raw("PUT", at.key(), {"x-amz-checksum-crc32": crc32(b"other")}, b"hello")
    assert status == 400 and b"BadDigest" in body, (status, body)


def with_trailer(at, key, checksum):
    wire = b"5\r\nhello\r\n0\r\nx-amz-checksum-crc32:" + checksum.encode() + b"\r\n\r\n"
    headers = {
        "content-encoding": "aws-chunked",
        "x-amz-decoded-content-length": "5",
        "x-amz-trailer": "x-amz-checksum-crc32",
    }
    return at.raw("PUT", key, headers, wire, payload="STREAMING-UNSIGNED-PAYLOAD-TRAILER")


@case(straight={"rgw": "refuses trailers", "embedded": "keeps aws-chunked with it"})
def a_checksum_behind_the_payload(at):
    key = at.key()
    same(with_trailer(at, key, crc32(b"hello"))[0], 200)
    answer, body = at.get(key)
    same((body, answer.get("ContentEncoding", "")), (b"hello", ""))


@case(straight={"rgw": "refuses trailers", "embedded": "keeps the object all the same"})
def a_wrong_checksum_behind_the_payload(at):
    key = at.key()
    status, body = with_trailer(at, key, crc32(b"other"))
    assert status == 400 and b"BadDigest" in body, (status, body)
    refused(lambda: at.s3.head_object(Bucket=at.bucket, Key=key), 404)


@case(straight={"rgw": "keeps none"}, through={"rgw": "keeps none"})
def a_checksum_is_kept(at):
    key = at.key()
    at.put(key, ChecksumAlgorithm="SHA256")
    answer = at.s3.head_object(Bucket=at.bucket, Key=key, ChecksumMode="ENABLED")
    same(answer.get("ChecksumSHA256"), base64.b64encode(hashlib.sha256(b"hello").digest()).decode())


# Conditions on writes


@case()
def writing_what_is_not_there(at):
    key = at.key()
    at.put(key, IfNoneMatch="*")
    refused(lambda: at.put(key, b"second", IfNoneMatch="*"), 412, "PreconditionFailed")
    same(at.get(key)[1], b"hello")


@case(straight={"rgw": "knows bare ETags only"})
def writing_over_what_was_read(at):
    key = at.key()
    etag = at.put(key)["ETag"]
    refused(lambda: at.put(key, b"second", IfMatch='"0123456789abcdef0123456789abcdef"'), 412)
    at.put(key, b"second", IfMatch=etag)
    same(at.get(key)[1], b"second")


@case(
    straight={"rgw": "ignores it", "embedded": "ignores it"},
    through={"rgw": "501: refused for it", "embedded": "501: refused for it"},
)
def deleting_what_was_read(at):
    key = at.key()
    at.put(key)
    refused(lambda: at.s3.delete_object(Bucket=at.bucket, Key=key, IfMatch='"0"'), 412, "PreconditionFailed")
    same(at.get(key)[1], b"hello")


# Keys


def key_is_kept(at, name):
    key = at.key(name)
    prefix = key.split("/", 1)[0] + "/"
    at.put(key)
    same(at.get(key)[1], b"hello")
    same(names(at.s3.list_objects_v2(Bucket=at.bucket, Prefix=prefix)), [key])
    same(names(at.s3.list_objects(Bucket=at.bucket, Prefix=prefix)), [key])
    copy = key + "-copy"
    at.s3.copy_object(Bucket=at.bucket, Key=copy, CopySource={"Bucket": at.bucket, "Key": key})
    same(at.get(copy)[1], b"hello")
    gone = at.s3.delete_objects(Bucket=at.bucket, Delete={"Objects": [{"Key": key}, {"Key": copy}]})
    same(sorted(one["Key"] for one in gone["Deleted"]), sorted([key, copy]))
    same(names(at.s3.list_objects_v2(Bucket=at.bucket, Prefix=prefix)), [])


FILES = "keeps objects as files: refused for it"
UNENCODED = "claims encoding-type=url and does not encode"


@case()
def a_key_with_spaces(at):
    key_is_kept(at, "a b  c")


@case(straight={"embedded": UNENCODED})
def a_key_with_a_plus(at):
    key_is_kept(at, "a+b c")


@case(straight={"embedded": UNENCODED})
def a_key_with_percents(at):
    key_is_kept(at, "100%/a%20b%2Fc")


@case()
def a_key_beyond_ascii(at):
    key_is_kept(at, "grün/東京/🦀")


@case()
def a_key_of_punctuation(at):
    key_is_kept(at, "!-_.*'()&$@=;:,?#[]{}^~|<>\"`")


@case(straight={"embedded": "folds it"}, through={"embedded": FILES})
def a_key_with_double_slashes(at):
    key_is_kept(at, "a//b")


@case(straight={"embedded": "folds it"}, through={"embedded": FILES})
def a_key_with_dots(at):
    key_is_kept(at, "a/../b/./c")


@case(straight={"embedded": "makes a folder"}, through={"embedded": FILES})
def a_key_that_ends_with_a_slash(at):
    key_is_kept(at, "folder/")


@case(straight={"embedded": "500", "rgw": "InvalidObjectName"}, through={"embedded": "500"})
def a_key_of_1024_bytes(at):
    key = at.key()
    key = key + "x" * (1024 - len(key))
    at.put(key)
    same(at.get(key)[1], b"hello")
    refused(lambda: at.put(key + "y"), 400, "KeyTooLongError")


# Listings


def five(at):
    prefix = at.key("")
    for name in ("a", "b/1", "b/2", "c", "d/1"):
        at.put(prefix + name)
    return prefix


@case()
def pages_of_the_first_version(at):
    prefix, found, marker = five(at), [], ""
    while True:
        page = at.s3.list_objects(Bucket=at.bucket, Prefix=prefix, MaxKeys=2, Marker=marker)
        found += names(page)
        if not page["IsTruncated"]:
            break
        marker = names(page)[-1]
    same(found, [prefix + name for name in ("a", "b/1", "b/2", "c", "d/1")])


@case()
def pages_of_the_second_version(at):
    prefix = five(at)
    pages = list(at.s3.get_paginator("list_objects_v2").paginate(Bucket=at.bucket, Prefix=prefix, PaginationConfig={"PageSize": 2}))
    same([len(names(page)) for page in pages], [2, 2, 1])
    same([page["KeyCount"] for page in pages], [2, 2, 1])


@case()
def folders(at):
    prefix = five(at)
    page = at.s3.list_objects_v2(Bucket=at.bucket, Prefix=prefix, Delimiter="/")
    same((names(page), prefixes(page)), ([prefix + "a", prefix + "c"], [prefix + "b/", prefix + "d/"]))
    page = at.s3.list_objects(Bucket=at.bucket, Prefix=prefix, Delimiter="/", MaxKeys=2)
    same((names(page), prefixes(page), page["NextMarker"]), ([prefix + "a"], [prefix + "b/"], prefix + "b/"))


@case()
def from_a_key_on(at):
    prefix = five(at)
    page = at.s3.list_objects_v2(Bucket=at.bucket, Prefix=prefix, StartAfter=prefix + "b/2")
    same(names(page), [prefix + "c", prefix + "d/1"])


@case()
def nothing_listed(at):
    five(at)
    page = at.s3.list_objects_v2(Bucket=at.bucket, Prefix="none/")
    same((page["KeyCount"], page["IsTruncated"], names(page)), (0, False, []))
    page = at.s3.list_objects_v2(Bucket=at.bucket, MaxKeys=0)
    same((page["KeyCount"], page["IsTruncated"]), (0, False))


@case()
def owners_only_when_asked(at):
    prefix = five(at)
    page = at.s3.list_objects_v2(Bucket=at.bucket, Prefix=prefix)
    assert "Owner" not in page["Contents"][0], page["Contents"][0]


# Uploads in parts


def begin(at, key, **more):
    return at.s3.create_multipart_upload(Bucket=at.bucket, Key=key, **more)["UploadId"]


def part(at, key, upload, number, body):
    etag = at.s3.upload_part(Bucket=at.bucket, Key=key, UploadId=upload, PartNumber=number, Body=body)["ETag"]
    return {"PartNumber": number, "ETag": etag}


def complete(at, key, upload, parts, **more):
    document = {"Parts": parts}
    return at.s3.complete_multipart_upload(Bucket=at.bucket, Key=key, UploadId=upload, MultipartUpload=document, **more)


@case()
def an_upload_in_parts(at):
    key = at.key()
    upload = begin(at, key, Metadata={"a": "b"}, ContentType="text/x-test")
    parts = [part(at, key, upload, 2, b"end"), part(at, key, upload, 1, b"x" * PART)]
    complete(at, key, upload, sorted(parts, key=lambda one: one["PartNumber"]))
    answer, body = at.get(key)
    same((len(body), body[-4:], answer["Metadata"], answer["ContentType"]), (PART + 3, b"xend", {"a": "b"}, "text/x-test"))
    assert answer["ETag"].endswith('-2"'), answer["ETag"]


@case(straight={"embedded": "does not compare them"}, through={"embedded": "does not compare them"})
def a_part_that_was_never_sent(at):
    key = at.key()
    upload = begin(at, key)
    one = part(at, key, upload, 1, b"end")
    refused(lambda: complete(at, key, upload, [{**one, "ETag": '"0123456789abcdef0123456789abcdef"'}]), 400, "InvalidPart")


@case(straight={"embedded": "InvalidRequest", "rgw": "sorts them"})
def parts_out_of_order(at):
    key = at.key()
    upload = begin(at, key)
    parts = [part(at, key, upload, number, b"x" * PART) for number in (1, 2)]
    refused(lambda: complete(at, key, upload, parts[::-1]), 400, "InvalidPartOrder")


@case()
def a_part_that_is_too_small(at):
    key = at.key()
    upload = begin(at, key)
    parts = [part(at, key, upload, number, b"small") for number in (1, 2)]
    refused(lambda: complete(at, key, upload, parts), 400, "EntityTooSmall")


@case(straight={"embedded": "403", "rgw": "500"}, through={"embedded": "403", "rgw": "500"})
def an_upload_that_is_aborted(at):
    key = at.key()
    upload = begin(at, key)
    one = part(at, key, upload, 1, b"end")
    at.s3.abort_multipart_upload(Bucket=at.bucket, Key=key, UploadId=upload)
    refused(lambda: complete(at, key, upload, [one]), 404, "NoSuchUpload")
    refused(lambda: at.get(key), 404, "NoSuchKey")


@case()
def parts_are_listed(at):
    key = at.key()
    upload = begin(at, key)
    part(at, key, upload, 1, b"x" * PART)
    part(at, key, upload, 2, b"end")
    listed = at.s3.list_parts(Bucket=at.bucket, Key=key, UploadId=upload)["Parts"]
    same(sorted((one["PartNumber"], one["Size"]) for one in listed), [(1, PART), (2, 3)])


@case(straight={"embedded": "501"}, through={"embedded": "501"})
def uploads_are_listed(at):
    key = at.key()
    upload = begin(at, key)
    listed = at.s3.list_multipart_uploads(Bucket=at.bucket, Prefix=key)
    same([(one["Key"], one["UploadId"]) for one in listed["Uploads"]], [(key, upload)])


@case()
def a_part_that_is_copied(at):
    # With a percent sign a store that decodes twice would read another one, and is not asked.
    key, source = at.key(), at.key("source + é")
    at.put(source, b"0123456789" * 1000)
    upload = begin(at, key)
    copied = at.s3.upload_part_copy(
        Bucket=at.bucket, Key=key, UploadId=upload, PartNumber=1,
        CopySource={"Bucket": at.bucket, "Key": source},
        CopySourceRange="bytes=5-14",
    )
    complete(at, key, upload, [{"PartNumber": 1, "ETag": copied["CopyPartResult"]["ETag"]}])
    same(at.get(key)[1], b"5678901234")


@case(straight={"rgw": "ignores it", "embedded": "ignores it"})
def a_part_of_another_source(at):
    key, source = at.key(), at.key("source")
    etag = at.put(source)["ETag"]
    upload = begin(at, key)
    copy = lambda etag: at.s3.upload_part_copy(
        Bucket=at.bucket, Key=key, UploadId=upload, PartNumber=1,
        CopySource={"Bucket": at.bucket, "Key": source}, CopySourceIfMatch=etag,
    )
    refused(lambda: copy('"0"'), 412, "PreconditionFailed")
    copy(etag)


@case(
    straight={"rgw": "ignores it"},
    through={"rgw": "501: refused for it"},
)
def completing_what_is_not_there(at):
    key = at.key()
    at.put(key)
    upload = begin(at, key)
    one = part(at, key, upload, 1, b"end")
    refused(lambda: complete(at, key, upload, [one], IfNoneMatch="*"), 412, "PreconditionFailed")
    same(at.get(key)[1], b"hello")


# Copies


@case(straight={"rgw": "answers an ETag without quotes"}, through={"rgw": "answers an ETag without quotes"})
def a_copy(at):
    source, key = at.key("source"), at.key()
    etag = at.put(source, Metadata={"a": "b"}, ContentType="text/x-test")["ETag"]
    copied = at.s3.copy_object(Bucket=at.bucket, Key=key, CopySource={"Bucket": at.bucket, "Key": source})
    answer, body = at.get(key)
    same((body, answer["Metadata"], answer["ContentType"]), (b"hello", {"a": "b"}, "text/x-test"))
    same(copied["CopyObjectResult"]["ETag"], etag)


@case()
def a_copy_with_other_metadata(at):
    source, key = at.key("source"), at.key()
    at.put(source, Metadata={"a": "b"})
    from_ = {"Bucket": at.bucket, "Key": source}
    at.s3.copy_object(Bucket=at.bucket, Key=key, CopySource=from_, Metadata={"c": "d"}, MetadataDirective="REPLACE")
    same(at.get(key)[0]["Metadata"], {"c": "d"})


@case(straight={"rgw": "ignores them"})
def a_copy_of_another_source(at):
    source, key = at.key("source"), at.key()
    etag = at.put(source)["ETag"]
    copy = lambda **more: at.s3.copy_object(Bucket=at.bucket, Key=key, CopySource={"Bucket": at.bucket, "Key": source}, **more)
    refused(lambda: copy(CopySourceIfMatch='"0"'), 412, "PreconditionFailed")
    refused(lambda: copy(CopySourceIfNoneMatch=etag), 412, "PreconditionFailed")
    refused(lambda: copy(CopySourceIfUnmodifiedSince=datetime.datetime(2000, 1, 1)), 412, "PreconditionFailed")
    copy(CopySourceIfMatch=etag)


@case()
def a_copy_of_nothing(at):
    from_ = {"Bucket": at.bucket, "Key": at.key("none")}
    refused(lambda: at.s3.copy_object(Bucket=at.bucket, Key=at.key(), CopySource=from_), 404, "NoSuchKey")


# Deleting in bulk


@case(straight={"embedded": "is not quiet"})
def deleting_in_bulk(at):
    keys = [at.key(), at.key("& <b> é"), at.key("never there")]
    for key in keys[:2]:
        at.put(key)
    objects = [{"Key": key} for key in keys]
    gone = at.s3.delete_objects(Bucket=at.bucket, Delete={"Objects": objects})
    same(sorted(one["Key"] for one in gone["Deleted"]), sorted(keys))
    refused(lambda: at.get(keys[0]), 404, "NoSuchKey")
    quiet = at.s3.delete_objects(Bucket=at.bucket, Delete={"Objects": objects, "Quiet": True})
    assert "Deleted" not in quiet, quiet


# Tags and versions


@case(straight={"embedded": "501"}, through={"embedded": "501"})
def tags_of_an_object(at):
    key = at.key()
    at.put(key, Tagging="a=b%20c")
    same(at.s3.get_object_tagging(Bucket=at.bucket, Key=key)["TagSet"], [{"Key": "a", "Value": "b c"}])
    at.s3.put_object_tagging(Bucket=at.bucket, Key=key, Tagging={"TagSet": [{"Key": "x", "Value": "y"}]})
    same(at.s3.get_object_tagging(Bucket=at.bucket, Key=key)["TagSet"], [{"Key": "x", "Value": "y"}])
    at.s3.delete_object_tagging(Bucket=at.bucket, Key=key)
    same(at.s3.get_object_tagging(Bucket=at.bucket, Key=key)["TagSet"], [])


@case(straight={"embedded": "501"}, through={"embedded": "501"})
def versions(at):
    bucket = at.bucket + "-versions"
    at.s3.create_bucket(Bucket=bucket)
    at.s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    first = at.s3.put_object(Bucket=bucket, Key="k", Body=b"first")["VersionId"]
    at.s3.put_object(Bucket=bucket, Key="k", Body=b"second")
    same(at.s3.get_object(Bucket=bucket, Key="k", VersionId=first)["Body"].read(), b"first")
    marker = at.s3.delete_object(Bucket=bucket, Key="k")
    refused(lambda: at.s3.get_object(Bucket=bucket, Key="k"), 404, "NoSuchKey")
    listed = at.s3.list_object_versions(Bucket=bucket)
    same((len(listed["Versions"]), listed["DeleteMarkers"][0]["VersionId"]), (2, marker["VersionId"]))


# Buckets


@case()
def buckets(at):
    refused(lambda: at.s3.head_bucket(Bucket="none-" + at.bucket), 404)
    refused(lambda: at.s3.list_objects_v2(Bucket="none-" + at.bucket), 404, "NoSuchBucket")
    assert at.bucket in [one["Name"] for one in at.s3.list_buckets()["Buckets"]]


@case(straight={"embedded": "deletes it all the same"}, through={"embedded": "deletes it all the same"})
def a_bucket_with_something_in_it(at):
    bucket = at.bucket + "-full"
    at.s3.create_bucket(Bucket=bucket)
    at.s3.put_object(Bucket=bucket, Key="k", Body=b"")
    refused(lambda: at.s3.delete_bucket(Bucket=bucket), 409, "BucketNotEmpty")
    at.s3.delete_object(Bucket=bucket, Key="k")
    at.s3.delete_bucket(Bucket=bucket)


# Who signs


@case()
def a_url_to_read(at):
    key = at.key("a b+c")
    at.put(key)
    url = at.s3.generate_presigned_url("get_object", Params={"Bucket": at.bucket, "Key": key}, ExpiresIn=60)
    same(fetch(urllib.request.Request(url)), (200, b"hello"))
    same(fetch(urllib.request.Request(url.replace("X-Amz-Expires=60", "X-Amz-Expires=61")))[0], 403)


@case()
def a_url_to_write(at):
    key = at.key()
    url = at.s3.generate_presigned_url("put_object", Params={"Bucket": at.bucket, "Key": key}, ExpiresIn=60)
    same(fetch(urllib.request.Request(url, data=b"by url", method="PUT", headers={"content-type": ""}))[0], 200)
    same(at.get(key)[1], b"by url")


@case()
def a_url_for_a_part(at):
    key = at.key()
    upload = begin(at, key)
    parameters = {"Bucket": at.bucket, "Key": key, "UploadId": upload, "PartNumber": 1}
    url = at.s3.generate_presigned_url("upload_part", Params=parameters, ExpiresIn=60)
    same(fetch(urllib.request.Request(url, data=b"by url", method="PUT", headers={"content-type": ""}))[0], 200)
    etag = '"' + hashlib.md5(b"by url").hexdigest() + '"'
    complete(at, key, upload, [{"PartNumber": 1, "ETag": etag}])
    same(at.get(key)[1], b"by url")


@case()
def a_wrong_secret(at):
    refused(lambda: at.client("wrong").list_objects_v2(Bucket=at.bucket), 403, "SignatureDoesNotMatch")


@case(straight={"embedded": "NotSignedUp"})
def an_unknown_key(at):
    client = at.client("secret", access_key="AKIANOBODY0000000001")
    refused(lambda: client.list_objects_v2(Bucket=at.bucket), 403, "InvalidAccessKeyId")


@case()
def nobody(at):
    same(fetch(urllib.request.Request(f"{at.endpoint}/{at.bucket}/k"))[0], 403)


@case(straight={"embedded": "takes ${filename} as it is"})
def a_form_of_a_browser(at):
    key = at.key("${filename}")
    form = at.s3.generate_presigned_post(at.bucket, key, Fields={"success_action_status": "201"}, Conditions=[{"success_action_status": "201"}, ["content-length-range", 1, 100]])
    lines = io.BytesIO()
    for name, value in form["fields"].items():
        lines.write(f'--limit\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode())
    lines.write(b'--limit\r\nContent-Disposition: form-data; name="file"; filename="a b.txt"\r\n\r\nhello\r\n--limit--\r\n')
    headers = {"content-type": "multipart/form-data; boundary=limit"}
    status, body = fetch(urllib.request.Request(form["url"], data=lines.getvalue(), headers=headers, method="POST"))
    assert status == 201 and b"PostResponse" in body, (status, body)
    same(at.get(key.replace("${filename}", "a b.txt"))[1], b"hello")


def outcome(function, at):
    """Why a case does not pass; None if it does."""
    try:
        function(at)
    except (AssertionError, KeyError, IndexError) as error:
        return f"{type(error).__name__}: {error}"[:300]
    except (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError, OSError) as error:
        return str(error)[:300]
    return None


def check(store, places):
    """Runs the table at a store, straight and at each of the places through the gateway; what is wrong with it."""
    wrong, passes = [], {name: 0 for name in places}
    for name, function, straight, through in CASES:
        found = {at: outcome(function, place) for at, place in places.items()}
        for at, why in found.items():
            announced = (straight if at == "straight" else through).get(store)
            passes[at] += why is None
            if why is not None and announced is None:
                wrong.append(f"{store}, {at}: {name} fails: {why}")
            if why is None and announced is not None:
                wrong.append(f"{store}, {at}: {name} passes, and was announced: {announced}")
            if at != "straight" and why is not None and found["straight"] is None:
                wrong.append(f"{store}, {at}: {name} is lost: {why}")
    return passes, wrong
