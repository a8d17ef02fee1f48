"""The AWS CLI as it is, logged in by its environment alone."""

import hashlib
import json
import subprocess
import urllib.parse

import pytest
from target import VENV


@pytest.fixture
def aws(alice, region):
    """Runs the AWS CLI as alice and gives its output."""
    return lambda *words, **more: run(alice, region, *words, **more)


def run(person, region, *words, input=None, fails=None):
    done = subprocess.run(
        [VENV / "bin" / "aws", *words],
        env=person.environment(region),
        input=input,
        capture_output=True,
        timeout=300,
    )
    error = done.stderr.decode()
    if fails is None:
        assert done.returncode == 0, error
    else:
        assert done.returncode != 0 and fails in error, (done.stdout, error)
    return done.stdout


def test_who_am_i(aws, alice, needs):
    needs("login")
    answer = json.loads(aws("sts", "get-caller-identity", "--output", "json"))
    assert answer["Arn"] == alice.login["AssumedRoleUser"]["Arn"]


def test_files_go_up_and_down(aws, bucket, prefix, tmp_path):
    there = f"s3://{bucket}/{prefix}"
    (tmp_path / "up").mkdir()
    names = ["a b.txt", "c+d.txt", "ü.txt"]
    for name in names:
        (tmp_path / "up" / name).write_text(name)
    aws("s3", "cp", "--quiet", str(tmp_path / "up" / "a b.txt"), there + "one.txt")
    assert aws("s3", "cp", there + "one.txt", "-") == b"a b.txt"
    aws("s3", "cp", "--quiet", there + "one.txt", there + "two.txt")
    aws("s3", "sync", "--quiet", str(tmp_path / "up"), there + "sync/")
    aws("s3", "sync", "--quiet", there + "sync/", str(tmp_path / "down"))
    assert sorted(p.name for p in (tmp_path / "down").iterdir()) == names
    listing = aws("s3", "ls", "--recursive", there).decode()
    assert [line.split(None, 3)[3] for line in listing.splitlines()] == [
        prefix + name for name in ["one.txt", *(f"sync/{name}" for name in names), "two.txt"]
    ]
    aws("s3", "mv", "--quiet", there + "two.txt", there + "three.txt")
    aws("s3", "rm", "--quiet", "--recursive", there)
    left = aws("s3api", "list-objects-v2", "--bucket", bucket, "--prefix", prefix, "--output", "json")
    assert "Contents" not in json.loads(left or "{}")


def test_100_mib_go_up_and_down_in_parts(aws, bucket, prefix, big_file, tmp_path):
    path, digest = big_file
    there = f"s3://{bucket}/{prefix}100-mib"
    aws("s3", "cp", "--quiet", str(path), there)
    aws("s3", "cp", "--quiet", there, str(tmp_path / "down"))
    assert hashlib.sha256((tmp_path / "down").read_bytes()).hexdigest() == digest


def test_presign_makes_a_url_that_opens(target, aws, bucket, prefix):
    aws("s3", "cp", "--quiet", "-", f"s3://{bucket}/{prefix}shared", input=b"shared")
    url = aws("s3", "presign", f"s3://{bucket}/{prefix}shared", "--expires-in", "60").decode().strip()
    assert urllib.parse.urlsplit(url).query
    status, _, body = target.send("GET", url)
    assert (status, body) == (200, b"shared")


def test_alice_cannot_read_bobs(aws, bucket, secret, prefix, needs):
    needs("denial", "messages")
    aws("s3", "cp", f"s3://{bucket}/{secret}", "-", fails="403")
    aws("s3", "ls", f"s3://{bucket}/bob/", fails="AccessDenied")
    # HeadObject on the source comes first here, and CopyObject in the second line.
    aws("s3", "cp", f"s3://{bucket}/{secret}", f"s3://{bucket}/{prefix}stolen", fails="403")
    copy = ("--bucket", bucket, "--key", f"{prefix}stolen", "--copy-source", f"{bucket}/{secret}")
    aws("s3api", "copy-object", *copy, fails="AccessDenied")
    aws("s3", "rm", f"s3://{bucket}/{secret}", fails="AccessDenied")
