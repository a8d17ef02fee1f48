"""Listings, by every region and addressing style."""

import pytest
from helpers import fails

# Their order in a listing.
NAMES = ["a", "b/1", "b/2", "c d/3", "e&f", "g+h%41"]


@pytest.fixture
def s3(alice, region, style):
    return alice.s3(region, style)


@pytest.fixture
def objects(alice, bucket, prefix):
    for name in NAMES:
        alice.s3().put_object(Bucket=bucket, Key=prefix + name, Body=name.encode())
    return [prefix + name for name in NAMES]


def keys(answer):
    return [item["Key"] for item in answer.get("Contents", [])]


@pytest.mark.parametrize("operation", ["list_objects", "list_objects_v2"])
def test_a_prefix_is_listed(s3, bucket, prefix, objects, operation):
    answer = getattr(s3, operation)(Bucket=bucket, Prefix=prefix)
    assert keys(answer) == sorted(objects)
    assert {item["Key"]: item["Size"] for item in answer["Contents"]} == {
        prefix + name: len(name) for name in NAMES
    }
    assert (answer["Name"], answer["IsTruncated"]) == (bucket, False)


@pytest.mark.parametrize("operation", ["list_objects", "list_objects_v2"])
def test_a_delimiter_makes_folders(s3, bucket, prefix, objects, operation):
    answer = getattr(s3, operation)(Bucket=bucket, Prefix=prefix, Delimiter="/")
    assert keys(answer) == [prefix + name for name in NAMES if "/" not in name]
    assert [item["Prefix"] for item in answer["CommonPrefixes"]] == [prefix + "b/", prefix + "c d/"]


@pytest.mark.parametrize("operation", ["list_objects", "list_objects_v2"])
def test_a_listing_has_pages(s3, bucket, prefix, objects, operation):
    pages = s3.get_paginator(operation).paginate(
        Bucket=bucket, Prefix=prefix, PaginationConfig={"PageSize": 2}
    )
    pages = [keys(page) for page in pages]
    assert [len(page) for page in pages][:2] == [2, 2]
    assert sum(pages, []) == sorted(objects)


def test_a_listing_starts_after_a_key(s3, bucket, prefix, objects):
    answer = s3.list_objects_v2(Bucket=bucket, Prefix=prefix, StartAfter=prefix + "c d/3", FetchOwner=True)
    assert keys(answer) == objects[4:]


def test_versions_are_listed(s3, bucket, prefix, objects, needs):
    needs("versions")
    answer = s3.list_object_versions(Bucket=bucket, Prefix=prefix)
    assert [item["Key"] for item in answer["Versions"]] == sorted(objects)
    assert all(item["IsLatest"] for item in answer["Versions"])


def test_a_bucket_that_is_not_there_is_not_listed(s3, prefix, style, needs):
    if style == "virtual":
        needs("other-buckets")
    fails(("NoSuchBucket", "AccessDenied"), s3.list_objects_v2, Bucket="no-such-bucket-at-all", Prefix=prefix)


def test_the_bucket_is_among_the_buckets(s3, bucket, needs):
    needs("list-buckets")
    answer = s3.list_buckets()
    assert bucket in [item["Name"] for item in answer["Buckets"]]


def test_the_bucket_has_a_location(s3, bucket):
    assert "LocationConstraint" in s3.get_bucket_location(Bucket=bucket)
