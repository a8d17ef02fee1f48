"""From an OIDC token to temporary keys."""

import base64
import email.utils
import json
import re
import subprocess

import boto3
import pytest
from helpers import fails, person


@pytest.fixture(autouse=True)
def gateway_only(needs):
    needs("login")


@pytest.mark.parametrize("name", ["alice", "bob"])
def test_boto3_exchanges_a_token_for_temporary_keys(target, name):
    answer = person(target, name).login
    keys = answer["Credentials"]
    assert re.fullmatch("ASIA[A-Z2-7]{16}", keys["AccessKeyId"])
    assert len(keys["SecretAccessKey"]) == 40
    assert 0 < len(keys["SessionToken"]) <= 4096
    role = target.role_arn.rsplit("/", 1)[1]
    assert answer["AssumedRoleUser"]["Arn"].endswith(f":assumed-role/{role}/{name}")
    assert answer["SubjectFromWebIdentityToken"]
    assert answer["ResponseMetadata"]["RequestId"]


def test_a_session_token_for_an_ordinary_user_is_below_1_kib(alice):
    assert len(alice.login["Credentials"]["SessionToken"]) < 1024


def test_get_caller_identity_names_the_session(alice, region):
    answer = alice.sts(region, **alice.keys).get_caller_identity()
    assert answer["Arn"] == alice.login["AssumedRoleUser"]["Arn"]
    assert answer["UserId"] == alice.login["AssumedRoleUser"]["AssumedRoleId"]


def test_boto3_logs_in_by_itself(target, alice, bucket, region, monkeypatch):
    for name, value in alice.environment(region).items():
        if name.startswith("AWS_"):
            monkeypatch.setenv(name, value)
    session = boto3.session.Session()
    assert session.get_credentials().method == "assume-role-with-web-identity"
    client = session.client("s3", verify=target.ca)
    assert client.list_objects_v2(Bucket=bucket, Prefix="alice/")["KeyCount"] >= 0


def test_the_printed_exports_are_enough_for_the_aws_cli(target, alice, bucket, prefix, needs):
    needs("exports")
    script = f"""
        set -e
        . '{target.env_file}'
        echo hello | aws s3 cp - s3://{bucket}/{prefix}hello.txt
        aws s3 cp s3://{bucket}/{prefix}hello.txt -
        aws s3 cp s3://{bucket}/bob/secret.txt - && exit 9
        curl -sf ${{AWS_CA_BUNDLE:+--cacert "$AWS_CA_BUNDLE"}} "$(aws s3 presign s3://{bucket}/{prefix}hello.txt)"
    """
    # Only what any shell has: the file must bring the rest.
    environment = {k: v for k, v in alice.environment().items() if not k.startswith("AWS_")}
    environment["AWS_EC2_METADATA_DISABLED"] = "true"
    done = subprocess.run(["bash", "-c", script], env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-2:] == ["hello", "hello"]
    assert "AccessDenied" in done.stderr or "Forbidden" in done.stderr


def test_a_shorter_session_can_be_asked_for(alice):
    answer = alice.sts().assume_role_with_web_identity(
        RoleArn=alice.target.role_arn, RoleSessionName="alice", WebIdentityToken=alice.token(), DurationSeconds=900
    )
    issued = answer["ResponseMetadata"]["HTTPHeaders"]["date"]
    left = answer["Credentials"]["Expiration"] - email.utils.parsedate_to_datetime(issued)
    assert 895 <= left.total_seconds() <= 905


def test_a_token_for_another_audience_is_refused(target, alice, needs):
    needs("foreign-audience")
    fails(
        "InvalidIdentityToken",
        alice.sts().assume_role_with_web_identity,
        RoleArn=target.role_arn,
        RoleSessionName="alice",
        WebIdentityToken=alice.token(client="other"),
    )


def test_a_token_with_other_claims_is_refused(target, alice):
    head, claims, signature = alice.token().split(".")
    decoded = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
    decoded["sub"] = decoded["preferred_username"] = "bob"
    claims = base64.urlsafe_b64encode(json.dumps(decoded).encode()).rstrip(b"=").decode()
    fails(
        "InvalidIdentityToken",
        alice.sts().assume_role_with_web_identity,
        RoleArn=target.role_arn,
        RoleSessionName="bob",
        WebIdentityToken=f"{head}.{claims}.{signature}",
    )


def test_a_role_that_is_not_there_is_refused(target, alice):
    fails(
        "AccessDenied",
        alice.sts().assume_role_with_web_identity,
        RoleArn=target.role_arn + "-not",
        RoleSessionName="alice",
        WebIdentityToken=alice.token(),
    )


def test_alices_keys_with_bobs_session_token_are_refused(alice, bob, bucket):
    mixed = {**alice.keys, "aws_session_token": bob.keys["aws_session_token"]}
    fails(
        ("InvalidToken", "InvalidAccessKeyId", "SignatureDoesNotMatch", "AccessDenied"),
        alice.s3(keys=mixed).list_objects_v2,
        Bucket=bucket,
        Prefix="alice/",
    )


def test_keys_without_their_session_token_are_refused(alice, bucket):
    bare = {k: v for k, v in alice.keys.items() if k != "aws_session_token"}
    fails(
        ("InvalidAccessKeyId", "InvalidClientTokenId", "AccessDenied"),
        alice.s3(keys=bare).list_objects_v2,
        Bucket=bucket,
        Prefix="alice/",
    )
