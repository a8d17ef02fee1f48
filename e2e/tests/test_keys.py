"""Keys that client, gateway and store must spell the same."""

import hashlib
import urllib.parse
import xml.etree.ElementTree

import pytest
from botocore.auth import S3SigV4Auth as SigV4Auth
from botocore.awsrequest import AWSRequest
from helpers import fails, read

KEYS = {
    "space": "a b",
    "plus": "a+b",
    "percent-escape": "a%41b",
    "percent-alone": "100%",
    "percent-2F": "a%2Fb",
    "question-mark": "a?b=c",
    "hash": "a#b",
    "ampersand": "a&b=c",
    "semicolon": "a;b",
    "quotes": "a'b\"c",
    "brackets": "(a)[b]{c}<d>",
    "star": "a*b",
    "tilde": "~a",
    "dollar": "${aws:username}",
    "colon": "a:b@c,d",
    "backslash": "a\\b",
    "pipe-caret-backtick": "a|b^c`d",
    "exclamation": "a!b",
    "latin": "ünïcödé",
    "japanese": "日本語",
    "emoji": "😀",
    "combining": "e\u0301",
    "ends-with-slash": "folder/",
    "longest": "longest",
    "long": "/".join(["x" * 99] * 9),
    "two-spaces": " a  b ",
    "percent-percent": "%%25%",
    "version-like": "a?versionId=null",
    "entity": "a&amp;b",
    "newline": "a\nb",
    "tab": "a\tb",
}
# Spellings that some stores take for another key; the gateway refuses them for such a store.
FOLDED = {
    "double-slash": "a//b",
    "leading-slash": "/a",
    "dot-segment": "a/./b",
    "dot-dot-segment": "a/../b",
    "ends-with-dots": "a/..",
}


@pytest.mark.parametrize("name", KEYS)
def test_an_awkward_key_is_the_same_everywhere(target, alice, bucket, prefix, style, name, needs):
    needs(f"key {name}")
    roundtrip(alice.s3("eu-central-1", style), bucket, prefix, KEYS[name], "bulk-delete" not in target.lacks)


@pytest.mark.parametrize("name", FOLDED)
def test_a_key_that_stores_may_fold_is_kept_or_refused(target, alice, bucket, prefix, style, name):
    client = alice.s3("eu-central-1", style)
    if "folded keys" in target.lacks:
        client_error = fails(
            ("InvalidArgument", "InvalidURI", "InvalidRequest", "KeyRefused", "NotImplemented", "AccessDenied"),
            client.put_object,
            Bucket=bucket,
            Key=prefix + FOLDED[name],
            Body=b"x",
        )
        assert 400 <= client_error["ResponseMetadata"]["HTTPStatusCode"] < 500
        return
    roundtrip(client, bucket, prefix, FOLDED[name], "bulk-delete" not in target.lacks)


def whole(prefix, name):
    """The key of that name; the longest one has 1,024 bytes with its prefix."""
    left = 1024 - len(prefix.encode())
    return prefix + ("😀" * (left // 4) + "x" * (left % 4) if name == "longest" else name)


def roundtrip(client, bucket, prefix, name, bulk):
    key = whole(prefix, name)
    body = key.encode()
    client.put_object(Bucket=bucket, Key=key, Body=body)
    assert read(client, bucket, key) == body
    assert client.head_object(Bucket=bucket, Key=key)["ContentLength"] == len(body)
    for operation in ("list_objects_v2", "list_objects"):
        listed = getattr(client, operation)(Bucket=bucket, Prefix=prefix)["Contents"]
        assert [item["Key"] for item in listed] == [key], operation
        # The key itself as a prefix, and as the place where a page begins.
        listed = getattr(client, operation)(Bucket=bucket, Prefix=key)["Contents"]
        assert [item["Key"] for item in listed] == [key], operation
    assert "Contents" not in client.list_objects(Bucket=bucket, Prefix=prefix, Marker=key)
    assert client.list_objects_v2(Bucket=bucket, Prefix=prefix, StartAfter=key)["KeyCount"] == 0
    client.copy_object(Bucket=bucket, Key=prefix + "copy", CopySource={"Bucket": bucket, "Key": key})
    assert read(client, bucket, prefix + "copy") == body
    client.copy_object(Bucket=bucket, Key=key, CopySource={"Bucket": bucket, "Key": prefix + "copy"})
    assert read(client, bucket, key) == body
    client.delete_object(Bucket=bucket, Key=prefix + "copy")
    if bulk:
        answer = client.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": key}]})
        assert [item["Key"] for item in answer["Deleted"]] == [key]
    else:
        client.delete_object(Bucket=bucket, Key=key)
    assert client.list_objects_v2(Bucket=bucket, Prefix=prefix)["KeyCount"] == 0


@pytest.fixture(params=[*KEYS, *FOLDED])
def key(request, prefix, needs):
    needs("folded keys" if request.param in FOLDED else f"key {request.param}")
    return whole(prefix, {**KEYS, **FOLDED}[request.param])


def test_an_awkward_key_is_uploaded_in_parts(alice, bucket, key, needs):
    if len(key.encode()) == 1024:
        needs("longest key in parts")
    client = alice.s3()
    place = {"Bucket": bucket, "Key": key}
    begun = client.create_multipart_upload(**place)
    assert begun["Key"] == key
    place["UploadId"] = begun["UploadId"]
    etag = client.upload_part(**place, PartNumber=1, Body=b"part")["ETag"]
    listed = client.list_parts(**place)
    assert (listed["Key"], len(listed["Parts"])) == (key, 1)
    done = client.complete_multipart_upload(
        **place, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": etag}]}
    )
    assert done["Key"] == key
    assert read(client, bucket, key) == b"part"


def test_an_awkward_key_is_the_source_of_a_part(alice, bucket, prefix, key, needs):
    if "%" in key or "?" in key:
        needs("every source of a part")
    client = alice.s3()
    client.put_object(Bucket=bucket, Key=key, Body=b"source")
    place = {"Bucket": bucket, "Key": prefix + "of parts"}
    place["UploadId"] = client.create_multipart_upload(**place)["UploadId"]
    copy = {**place, "PartNumber": 1, "CopySource": {"Bucket": bucket, "Key": key}}
    etag = client.upload_part_copy(**copy)["CopyPartResult"]["ETag"]
    client.complete_multipart_upload(**place, MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": etag}]})
    assert read(client, bucket, place["Key"]) == b"source"


def test_an_awkward_key_has_tags_and_versions(alice, bucket, prefix, key, needs):
    needs("versions")
    client = alice.s3()
    client.put_object(Bucket=bucket, Key=key, Body=b"tagged")
    tags = [{"Key": "kind", "Value": "awkward"}]
    client.put_object_tagging(Bucket=bucket, Key=key, Tagging={"TagSet": tags})
    assert client.get_object_tagging(Bucket=bucket, Key=key)["TagSet"] == tags
    client.delete_object_tagging(Bucket=bucket, Key=key)
    assert client.get_object_tagging(Bucket=bucket, Key=key)["TagSet"] == []
    listed = client.list_object_versions(Bucket=bucket, Prefix=prefix)["Versions"]
    assert [item["Key"] for item in listed] == [key]
    assert "Versions" not in client.list_object_versions(Bucket=bucket, Prefix=prefix, KeyMarker=key)


@pytest.mark.parametrize("version", ["s3v4", "s3"])
def test_an_awkward_key_is_in_a_url(target, alice, bucket, style, key, version):
    client = alice.s3("eu-central-1", style, signature_version=version)
    url = lambda operation: client.generate_presigned_url(operation, Params={"Bucket": bucket, "Key": key})
    status, _, body = target.send("PUT", url("put_object"), body=b"by url")
    assert status == 200, body
    assert target.send("GET", url("get_object"))[::2] == (200, b"by url")
    assert read(alice.s3(), bucket, key) == b"by url"
    assert target.send("DELETE", url("delete_object"))[0] == 204


def test_keys_are_listed_in_both_encodings(target, alice, bucket, prefix):
    client = alice.s3()
    # boto3 asks for encoding-type=url and decodes by itself, unless the caller says something of it.
    names = {prefix + KEYS[name] for name in ("space", "plus", "percent-escape", "ampersand", "emoji", "entity")}
    for key in names:
        client.put_object(Bucket=bucket, Key=key, Body=b"x")
    for operation in ("list_objects", "list_objects_v2"):
        encoded = getattr(client, operation)(Bucket=bucket, Prefix=prefix, EncodingType="url")["Contents"]
        assert {urllib.parse.unquote_plus(item["Key"]) for item in encoded} == names
        assert any("%" in item["Key"] for item in encoded)
    plain = SigV4Auth(client._request_signer._credentials.get_frozen_credentials(), "s3", "us-east-1")
    for kind in ("", "list-type=2&"):
        asked = AWSRequest("GET", f"{target.s3}/{bucket}?{kind}prefix={urllib.parse.quote(prefix, safe='')}")
        asked.headers["x-amz-content-sha256"] = hashlib.sha256(b"").hexdigest()
        plain.add_auth(asked)
        status, _, body = target.send("GET", asked.url, headers=asked.headers)
        assert status == 200, body
        found = xml.etree.ElementTree.fromstring(body).iter()
        assert {item.text for item in found if item.tag.endswith("}Key") or item.tag == "Key"} == names
