"""Presigned URLs of both kinds, by every region and addressing style, opened without any keys."""

import time
import urllib.parse

import pytest
from helpers import read

KINDS = {"sigv4": "s3v4", "hmacv1": "s3"}


@pytest.fixture(params=KINDS)
def signer(request, alice, region, style):
    """Makes URLs of one kind."""
    client = alice.s3(region, style, signature_version=KINDS[request.param])

    def sign(operation, expires=60, **params):
        url = client.generate_presigned_url(operation, Params=params, ExpiresIn=expires)
        assert ("X-Amz-Signature=" in url) == (request.param == "sigv4")
        assert ("AWSAccessKeyId=" in url) == (request.param == "hmacv1")
        return url

    return sign


@pytest.fixture
def key(alice, bucket, prefix):
    key = prefix + "for everybody+ü"
    alice.s3().put_object(Bucket=bucket, Key=key, Body=b"hello presigned", ContentType="text/plain")
    return key


def test_get(target, signer, bucket, key):
    status, headers, body = target.send("GET", signer("get_object", Bucket=bucket, Key=key))
    assert (status, body, headers["Content-Type"]) == (200, b"hello presigned", "text/plain")


def test_get_with_a_range_that_nobody_signed(target, signer, bucket, key):
    url = signer("get_object", Bucket=bucket, Key=key)
    status, _, body = target.send("GET", url, headers={"Range": "bytes=6-14"})
    assert (status, body) == (206, b"presigned")


def test_get_with_headers_of_the_answer(target, signer, bucket, key):
    url = signer(
        "get_object",
        Bucket=bucket,
        Key=key,
        ResponseContentType="application/x-other",
        ResponseContentDisposition='attachment; filename="a b.txt"',
    )
    status, headers, _ = target.send("GET", url)
    assert (status, headers["Content-Type"]) == (200, "application/x-other")
    assert headers["Content-Disposition"] == 'attachment; filename="a b.txt"'


def test_head(target, signer, bucket, key):
    status, headers, body = target.send("HEAD", signer("head_object", Bucket=bucket, Key=key))
    assert (status, body, headers["Content-Length"]) == (200, b"", "15")


def test_put(target, signer, alice, bucket, prefix):
    key = prefix + "put by url"
    status, _, body = target.send("PUT", signer("put_object", Bucket=bucket, Key=key), body=b"x" * 100_000)
    assert status == 200, body
    assert read(alice.s3(), bucket, key) == b"x" * 100_000


def test_put_with_signed_headers(target, signer, alice, bucket, prefix):
    key = prefix + "put by url"
    url = signer("put_object", Bucket=bucket, Key=key, ContentType="text/x-signed", Metadata={"who": "alice"})
    headers = {"Content-Type": "text/x-signed"}
    # SigV4 signs the header, which must then be sent; HMACv1 carries it in the query.
    if "x-amz-meta-who=" not in url.lower():
        headers["x-amz-meta-who"] = "alice"
    status, _, body = target.send("PUT", url, body=b"typed", headers=headers)
    assert status == 200, body
    head = alice.s3().head_object(Bucket=bucket, Key=key)
    assert head["ContentType"] == "text/x-signed"
    assert head["Metadata"] == {"who": "alice"}


def test_delete(target, signer, alice, bucket, key, prefix):
    status, _, _ = target.send("DELETE", signer("delete_object", Bucket=bucket, Key=key))
    assert status == 204
    assert alice.s3().list_objects_v2(Bucket=bucket, Prefix=prefix)["KeyCount"] == 0


def test_upload_of_a_part(target, signer, alice, bucket, prefix):
    client = alice.s3()
    place = {"Bucket": bucket, "Key": prefix + "part by url"}
    place["UploadId"] = client.create_multipart_upload(**place)["UploadId"]
    status, headers, body = target.send("PUT", signer("upload_part", **place, PartNumber=1), body=b"part")
    assert status == 200, body
    parts = [{"PartNumber": 1, "ETag": headers["ETag"]}]
    client.complete_multipart_upload(**place, MultipartUpload={"Parts": parts})
    assert read(client, bucket, place["Key"]) == b"part"


def test_an_upload_in_parts_by_urls_alone(target, signer, alice, bucket, prefix):
    place = {"Bucket": bucket, "Key": prefix + "parts by url+ü"}

    def send(method, operation, body=None, **params):
        status, headers, answer = target.send(method, signer(operation, **place, **params), body=body)
        assert status in (200, 204), answer
        return headers, answer.decode()

    for completes in (False, True):
        upload = send("POST", "create_multipart_upload")[1].split("<UploadId>")[1].split("<")[0]
        etags = [
            send("PUT", "upload_part", body=body, UploadId=upload, PartNumber=number)[0]["ETag"]
            for number, body in ((1, b"1" * (5 << 20)), (2, b"two"))
        ]
        assert send("GET", "list_parts", UploadId=upload)[1].count("<PartNumber>") == 2
        if not completes:
            send("DELETE", "abort_multipart_upload", UploadId=upload)
            continue
        parts = "".join(
            f"<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>" for number, etag in enumerate(etags, 1)
        )
        document = f"<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>".encode()
        assert "<ETag>" in send("POST", "complete_multipart_upload", body=document, UploadId=upload)[1]
    assert read(alice.s3(), bucket, place["Key"]) == b"1" * (5 << 20) + b"two"


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_a_url_for_get_does_nothing_else(target, signer, alice, bucket, key, method):
    status, _, _ = target.send(method, signer("get_object", Bucket=bucket, Key=key), body=b"new")
    assert status == 403
    assert read(alice.s3(), bucket, key) == b"hello presigned"


def test_a_url_is_for_one_key(target, signer, bucket, key):
    url = signer("get_object", Bucket=bucket, Key=key)
    assert target.send("GET", url.replace("everybody", "everyb0dy"))[0] == 403


def test_a_url_with_another_signature_is_refused(target, signer, bucket, key):
    parts = urllib.parse.urlsplit(signer("get_object", Bucket=bucket, Key=key))
    query = dict(urllib.parse.parse_qsl(parts.query))
    name = "X-Amz-Signature" if "X-Amz-Signature" in query else "Signature"
    query[name] = ("b" if query[name][0] != "b" else "c") + query[name][1:]
    url = parts._replace(query=urllib.parse.urlencode(query)).geturl()
    status, _, body = target.send("GET", url)
    assert status == 403 and b"SignatureDoesNotMatch" in body


def test_a_url_ends(target, signer, bucket, key):
    url = signer("get_object", expires=1, Bucket=bucket, Key=key)
    time.sleep(2.1)
    status, _, body = target.send("GET", url)
    assert status == 403 and b"AccessDenied" in body


def test_what_boto3_makes_by_default_works(target, alice, bucket, key, region, style):
    url = alice.s3(region, style).generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": key})
    assert ("AWSAccessKeyId=" in url) == (region == "us-east-1")
    assert target.send("GET", url)[0] == 200
