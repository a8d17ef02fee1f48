"""Uploads by browser form, as boto3 signs them for a web site."""

import secrets

import pytest
from helpers import read

KINDS = {"sigv4": "s3v4", "hmacv1": "s3"}


@pytest.fixture(params=KINDS)
def signed(request, alice, region, style, bucket):
    """Makes URL and fields of a form of one kind."""
    client = alice.s3(region, style, signature_version=KINDS[request.param])

    def sign(key, fields=None, conditions=None):
        form = client.generate_presigned_post(bucket, key, fields, conditions, ExpiresIn=60)
        assert ("x-amz-signature" in form["fields"]) == (request.param == "sigv4")
        return form["url"], form["fields"]

    return sign


def post(target, url, fields, content, name="from disk.bin"):
    """What a browser sends."""
    boundary = "----form" + secrets.token_hex(8)
    parts = [f'--{boundary}\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n' for k, v in fields.items()]
    file = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
    body = "".join([*parts, file]).encode() + content + f"\r\n--{boundary}--\r\n".encode()
    return target.send("POST", url, body=body, headers={"Content-Type": f"multipart/form-data; boundary={boundary}"})


def test_a_form_uploads(target, alice, bucket, prefix, signed):
    content = bytes(range(256)) * 5000
    more = {"Content-Type": "application/x-test", "x-amz-meta-owner": "alice", "success_action_status": "201"}
    url, fields = signed(prefix + "${filename}", more, [{name: value} for name, value in more.items()])
    status, headers, body = post(target, url, fields, content)
    assert status == 201, body
    assert b"<Key>%s</Key>" % (prefix + "from disk.bin").encode() in body
    found = alice.s3().get_object(Bucket=bucket, Key=prefix + "from disk.bin")
    assert found["Body"].read() == content
    assert (found["ContentType"], found["Metadata"]) == ("application/x-test", {"owner": "alice"})
    assert headers["ETag"] == found["ETag"]


def test_a_form_uploads_no_more_than_its_policy_says(target, alice, bucket, prefix, signed):
    url, fields = signed(prefix + "small", None, [["content-length-range", 1, 10]])
    status, _, body = post(target, url, fields, b"eleven byte")
    assert (status, b"<Code>EntityTooLarge</Code>" in body) == (400, True), body
    assert post(target, url, fields, b"ten  bytes")[0] == 204
    assert read(alice.s3(), bucket, prefix + "small") == b"ten  bytes"
    for changed in ({"key": prefix + "other"}, {"x-amz-meta-more": "1"}):
        status, _, body = post(target, url, fields | changed, b"ten bytes")
        assert (status, b"<Code>AccessDenied</Code>" in body) == (403, True), body


def test_a_form_uploads_where_its_signer_may(needs, target, secret, signed):
    needs("denial")
    url, fields = signed(secret)
    status, _, body = post(target, url, fields, b"not bob's")
    assert (status, b"<Code>AccessDenied</Code>" in body) == (403, True), body
