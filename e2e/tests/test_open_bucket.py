"""A bucket policy at the gateway that opens a part of a bucket to everybody."""

import json
import os
import signal
import time
import urllib.request

import pytest


@pytest.fixture
def public(target, alice, bucket):
    """An object for everybody."""
    if not target.tables_role:
        pytest.skip(f"{target.name} has no bucket policy")
    alice.s3().put_object(Bucket=bucket, Key="public/a b", Body=b"for everybody")
    yield "public/a%20b"
    alice.s3().delete_object(Bucket=bucket, Key="public/a b")


def test_everybody_reads_what_is_open(target, alice, bucket, public):
    status, _, body = target.send("GET", f"{target.s3}/{bucket}/{public}")
    assert (status, body) == (200, b"for everybody")
    for method, path in [
        ("GET", "private"),
        ("PUT", public),
        ("DELETE", public),
        ("GET", ""),
        ("GET", f"{public}?acl"),
    ]:
        status, _, body = target.send(method, f"{target.s3}/{bucket}/{path}")
        assert status == 403 and b"AccessDenied" in body, (method, path, body)
    assert alice.s3().get_object(Bucket=bucket, Key="public/a b")["Body"].read() == b"for everybody"


def test_the_policy_is_shown_and_not_changed(target, alice, bucket, public):
    policy = json.loads(alice.s3().get_bucket_policy(Bucket=bucket)["Policy"])
    assert policy["Statement"][0]["Sid"] == "Public"
    assert alice.s3().get_bucket_policy_status(Bucket=bucket)["PolicyStatus"]["IsPublic"]
    owner = alice.s3().get_bucket_acl(Bucket=bucket)["Owner"]["ID"]
    assert owner == "000000000000"


def test_a_hang_up_reloads(target, alice, bucket, public):
    def report():
        with urllib.request.urlopen(f"{target.admin}/reload", timeout=10) as answer:
            return json.load(answer)

    before = report()["generation"]
    os.kill(target.pid, signal.SIGHUP)
    until = time.monotonic() + 30
    while report()["generation"] == before:
        assert time.monotonic() < until, report()
        time.sleep(0.05)
    assert report()["ok"]
    assert target.send("GET", f"{target.s3}/{bucket}/{public}")[0] == 200
