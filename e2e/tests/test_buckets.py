"""Buckets come and go."""

import json
import uuid

import pytest
from helpers import fails
from test_cli import run


@pytest.fixture
def name(needs):
    needs("bucket-making")
    return f"made-{uuid.uuid4().hex[:12]}"


def test_a_bucket_is_made_looked_at_listed_and_deleted(alice, name, region, style):
    client = alice.s3(region, style)
    client.create_bucket(Bucket=name)
    client.head_bucket(Bucket=name)
    assert name in [bucket["Name"] for bucket in client.list_buckets()["Buckets"]]
    client.put_object(Bucket=name, Key="k", Body=b"x")
    fails("BucketNotEmpty", client.delete_bucket, Bucket=name)
    client.delete_object(Bucket=name, Key="k")
    client.delete_bucket(Bucket=name)
    fails("404", client.head_bucket, Bucket=name)
    assert name not in [bucket["Name"] for bucket in client.list_buckets()["Buckets"]]


def test_a_bucket_is_made_with_its_location(alice, name, region, needs):
    needs("location-constraint")
    client = alice.s3(region)
    where = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    client.create_bucket(Bucket=name, **where)
    client.get_bucket_location(Bucket=name)
    client.delete_bucket(Bucket=name)


def test_the_cli_makes_and_removes_a_bucket(alice, name, region, needs):
    needs("location-constraint")
    run(alice, region, "s3", "mb", f"s3://{name}")
    run(alice, region, "s3", "cp", "-", f"s3://{name}/k", input=b"x")
    run(alice, region, "s3", "rb", "--force", f"s3://{name}")
    buckets = json.loads(run(alice, region, "s3api", "list-buckets", "--output", "json"))["Buckets"]
    assert name not in [bucket["Name"] for bucket in buckets]


def test_a_bucket_that_is_there_is_not_made_again_for_another(alice, name, region, needs):
    needs("policy-on-buckets")
    fails("AccessDenied", alice.s3(region).create_bucket, Bucket="not-" + name)
