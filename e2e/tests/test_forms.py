"""Uploads by browser form, as boto3 signs them for a web site."""

import secrets
import urllib.parse

import pytest
from helpers import read
from test_keys import FOLDED, KEYS, whole

KINDS = {"sigv4": "s3v4", "hmacv1": "s3"}


@pytest.fixture(params=KINDS)
def signed(request, alice, region, style, bucket, needs):
    """Makes URL and fields of a form of one kind."""
    needs("forms")
    client = alice.s3(region, style, signature_version=KINDS[request.param])

    def sign(key, fields=None, conditions=None):
        form = client.generate_presigned_post(bucket, key, fields, conditions, ExpiresIn=60)
        assert ("x-amz-signature" in form["fields"]) == (request.param == "sigv4")
        return form["url"], form["fields"]

    return sign


def post(target, url, fields, content, name="from disk.bin", after=(), end="--\r\n"):
    """What a browser sends."""
    boundary = "----form" + secrets.token_hex(8)
    parts = [f'--{boundary}\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}\r\n' for k, v in fields.items()]
    file = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
    more = [f'\r\n--{boundary}\r\nContent-Disposition: form-data; name="{k}"\r\n\r\n{v}' for k, v in after]
    body = "".join([*parts, file]).encode() + content + "".join([*more, f"\r\n--{boundary}", end]).encode()
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


def test_a_form_is_answered_as_it_asks(target, alice, bucket, prefix, signed):
    for asked, status in {"200": 200, "201": 201, "204": 204, "302": 204}.items():
        url, fields = signed(prefix + "k", {"success_action_status": asked}, [{"success_action_status": asked}])
        found, _, body = post(target, url, fields, asked.encode())
        assert (found, body == b"") == (status, status != 201), body
        assert read(alice.s3(), bucket, prefix + "k") == asked.encode()
    there = {"success_action_redirect": "https://app.test/done?a=b"}
    url, fields = signed(prefix + "a b+ü", there, [["starts-with", "$success_action_redirect", "https://app.test/"]])
    status, headers, _ = post(target, url, fields, b"redirected")
    sent_on = urllib.parse.urlsplit(headers["Location"])
    query = dict(urllib.parse.parse_qsl(sent_on.query))
    assert (status, sent_on.netloc, sent_on.path) == (303, "app.test", "/done")
    etag = alice.s3().head_object(Bucket=bucket, Key=prefix + "a b+ü")["ETag"]
    assert query == {"a": "b", "bucket": bucket, "key": prefix + "a b+ü", "etag": etag}


def test_conditions_of_a_form_hold(target, alice, bucket, prefix, signed):
    images = [["starts-with", "$Content-Type", "image/"]]
    exact = [["eq", "$x-amz-meta-who", "alice"]]
    for fields, conditions, wrong in (
        ({"Content-Type": "image/png"}, images, {"Content-Type": "text/html"}),
        ({"Content-Type": "image/png,image/gif"}, images, {"Content-Type": "image/png,text/html"}),
        ({"x-amz-meta-who": "alice"}, exact, {"x-amz-meta-who": "alice2"}),
    ):
        url, filled = signed(prefix + "k", fields, conditions)
        status, _, body = post(target, url, filled | wrong, b"x")
        assert (status, b"<Code>AccessDenied</Code>" in body) == (403, True), body
        status, _, body = post(target, url, filled, b"x")
        assert status == 204, body
    url, filled = signed(prefix + "k", None, [["content-length-range", 2, 3]])
    for content, status, code in ((b"1", 400, b"EntityTooSmall"), (b"1234", 400, b"EntityTooLarge"), (b"12", 204, b"")):
        found, _, body = post(target, url, filled, content)
        assert (found, code in body) == (status, True), body
    assert read(alice.s3(), bucket, prefix + "k") == b"12"


@pytest.mark.parametrize("end", ["--\r\n", "--", "--\r\n\r\n"], ids=["crlf", "nothing", "two-crlf"])
def test_what_stands_behind_the_file_is_not_stored(target, alice, bucket, prefix, signed, end):
    url, fields = signed(prefix + "k")
    content = b"content\r\n" * 1000
    status, _, body = post(target, url, fields, content, after=[("submit", "Upload"), ("key", "bob/k")], end=end)
    assert status == 204, body
    assert read(alice.s3(), bucket, prefix + "k") == content


def test_a_form_names_keys_of_every_kind(target, alice, bucket, prefix, signed):
    names = {name: whole(prefix, key) for name, key in KEYS.items() if f"key {name}" not in target.lacks}
    if "folded keys" not in target.lacks:
        names |= {name: prefix + key for name, key in FOLDED.items()}
    for name, key in names.items():
        url, fields = signed(key, {"success_action_status": "201"}, [{"success_action_status": "201"}])
        status, _, body = post(target, url, fields, name.encode())
        assert status == 201, (name, body)
        assert read(alice.s3(), bucket, key) == name.encode(), name
    pages = alice.s3().get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    listed = {item["Key"] for page in pages for item in page["Contents"]}
    assert listed == set(names.values())
