"""Objects, by every region and addressing style."""

import datetime

import pytest
from helpers import fails, gone, read

BODY = bytes(range(256)) * 5


@pytest.fixture
def s3(alice, region, style):
    return alice.s3(region, style)


def test_an_object_goes_up_and_comes_down(s3, bucket, prefix):
    key = prefix + "object.bin"
    put = s3.put_object(
        Bucket=bucket, Key=key, Body=BODY, ContentType="application/x-test", Metadata={"owner": "alice"}
    )
    got = s3.get_object(Bucket=bucket, Key=key)
    assert got["Body"].read() == BODY
    head = s3.head_object(Bucket=bucket, Key=key)
    for answer in (got, head):
        assert answer["ETag"] == put["ETag"]
        assert answer["ContentLength"] == len(BODY)
        assert answer["ContentType"] == "application/x-test"
        assert answer["Metadata"] == {"owner": "alice"}
        assert answer["ResponseMetadata"]["RequestId"]


def test_an_empty_object_goes_up_and_comes_down(s3, bucket, prefix):
    s3.put_object(Bucket=bucket, Key=prefix + "empty", Body=b"")
    assert read(s3, bucket, prefix + "empty") == b""
    assert s3.head_object(Bucket=bucket, Key=prefix + "empty")["ContentLength"] == 0


def test_parts_of_an_object_come_down(s3, bucket, prefix):
    key = prefix + "ranges"
    s3.put_object(Bucket=bucket, Key=key, Body=BODY)
    for span, expected in {"bytes=10-19": BODY[10:20], "bytes=-7": BODY[-7:], "bytes=1270-": BODY[1270:]}.items():
        answer = s3.get_object(Bucket=bucket, Key=key, Range=span)
        assert answer["ResponseMetadata"]["HTTPStatusCode"] == 206
        assert answer["Body"].read() == expected
    fails("InvalidRange", s3.get_object, Bucket=bucket, Key=key, Range="bytes=5000-")


def test_conditions_on_a_download_hold(s3, bucket, prefix):
    key = prefix + "conditions"
    etag = s3.put_object(Bucket=bucket, Key=key, Body=BODY)["ETag"]
    assert read(s3, bucket, key, IfMatch=etag) == BODY
    fails("304", s3.get_object, Bucket=bucket, Key=key, IfNoneMatch=etag)
    fails("PreconditionFailed", s3.get_object, Bucket=bucket, Key=key, IfMatch='"00000000000000000000000000000000"')


def test_ranges_at_the_edge(target, s3, bucket, prefix):
    key = prefix + "ranges"
    s3.put_object(Bucket=bucket, Key=key, Body=BODY)
    for span, length in {"bytes=0-0": 1, "bytes=1270-9999": 10}.items():
        assert s3.get_object(Bucket=bucket, Key=key, Range=span)["ContentLength"] == length
        if "head-ranges" not in target.lacks:
            assert s3.head_object(Bucket=bucket, Key=key, Range=span)["ContentLength"] == length
    # What cannot be understood is no range, and all of the object comes.
    if "odd-ranges" not in target.lacks:
        assert read(s3, bucket, key, Range="lines=1-2") == BODY


def test_conditions_by_time_hold(s3, bucket, prefix):
    key = prefix + "times"
    s3.put_object(Bucket=bucket, Key=key, Body=BODY)
    written = s3.head_object(Bucket=bucket, Key=key)["LastModified"]
    before = written - datetime.timedelta(days=1)
    assert read(s3, bucket, key, IfModifiedSince=before) == BODY
    assert read(s3, bucket, key, IfUnmodifiedSince=written) == BODY
    fails("304", s3.get_object, Bucket=bucket, Key=key, IfModifiedSince=written)
    fails("PreconditionFailed", s3.get_object, Bucket=bucket, Key=key, IfUnmodifiedSince=before)
    etag = s3.head_object(Bucket=bucket, Key=key)["ETag"]
    fails("304", s3.head_object, Bucket=bucket, Key=key, IfNoneMatch=etag)
    fails("412", s3.head_object, Bucket=bucket, Key=key, IfMatch='"00000000000000000000000000000000"')


def test_headers_of_the_answer_are_those_that_were_asked_for(s3, bucket, prefix):
    key = prefix + "overrides"
    s3.put_object(Bucket=bucket, Key=key, Body=BODY, ContentType="application/x-test")
    asked = {
        "ContentType": "text/x-other; charset=utf-8",
        "ContentDisposition": "attachment; filename=\"a b+c.txt\"; filename*=UTF-8''%E2%82%AC",
        "ContentEncoding": "x-none",
        "ContentLanguage": "de-DE, en",
        "CacheControl": "no-store, max-age=0",
    }
    answer = s3.get_object(
        Bucket=bucket,
        Key=key,
        ResponseExpires=datetime.datetime(2030, 1, 1, tzinfo=datetime.timezone.utc),
        **{f"Response{name}": value for name, value in asked.items()},
    )
    assert {name: answer[name] for name in asked} == asked
    assert answer["ExpiresString"] == "Tue, 01 Jan 2030 00:00:00 GMT"
    assert s3.head_object(Bucket=bucket, Key=key)["ContentType"] == "application/x-test"


def test_the_owner_of_the_bucket_is_the_expected_one(s3, bucket, prefix, needs):
    needs("bucket-owner")
    key = prefix + "owned"
    ours, other = {"ExpectedBucketOwner": "000000000000"}, {"ExpectedBucketOwner": "111122223333"}
    s3.put_object(Bucket=bucket, Key=key, Body=BODY, **ours)
    assert read(s3, bucket, key, **ours) == BODY
    copy = {"Bucket": bucket, "Key": prefix + "copy", "CopySource": {"Bucket": bucket, "Key": key}}
    s3.copy_object(**copy, **ours, ExpectedSourceBucketOwner="000000000000")
    for call, arguments in (
        (s3.put_object, {"Bucket": bucket, "Key": key, "Body": b"new", **other}),
        (s3.get_object, {"Bucket": bucket, "Key": key, **other}),
        (s3.list_objects_v2, {"Bucket": bucket, "Prefix": prefix, **other}),
        (s3.delete_object, {"Bucket": bucket, "Key": key, **other}),
        (s3.create_multipart_upload, {"Bucket": bucket, "Key": key, **other}),
        (s3.copy_object, {**copy, **other}),
        (s3.copy_object, {**copy, "ExpectedSourceBucketOwner": "111122223333"}),
    ):
        fails("AccessDenied", call, **arguments)
    assert read(s3, bucket, key) == BODY


def test_an_object_is_overwritten(s3, bucket, prefix):
    key = prefix + "twice"
    s3.put_object(Bucket=bucket, Key=key, Body=b"one")
    s3.put_object(Bucket=bucket, Key=key, Body=b"two")
    assert read(s3, bucket, key) == b"two"


def test_a_missing_object_is_missing(target, s3, bucket, prefix):
    gone(target, s3, bucket, prefix + "none")
    fails("403" if "missing-keys" in target.lacks else "404", s3.head_object, Bucket=bucket, Key=prefix + "none")


def test_an_object_is_copied(s3, bucket, prefix):
    source, key = prefix + "source file+ü", prefix + "copy"
    s3.put_object(Bucket=bucket, Key=source, Body=BODY, Metadata={"a": "1"})
    answer = s3.copy_object(Bucket=bucket, Key=key, CopySource={"Bucket": bucket, "Key": source})
    assert answer["CopyObjectResult"]["ETag"]
    copy = s3.get_object(Bucket=bucket, Key=key)
    assert (copy["Body"].read(), copy["Metadata"]) == (BODY, {"a": "1"})
    s3.copy_object(
        Bucket=bucket,
        Key=key,
        CopySource={"Bucket": bucket, "Key": source},
        MetadataDirective="REPLACE",
        Metadata={"b": "2"},
        ContentType="text/plain",
    )
    again = s3.head_object(Bucket=bucket, Key=key)
    assert (again["Metadata"], again["ContentType"]) == ({"b": "2"}, "text/plain")


def test_an_object_is_deleted(target, s3, bucket, prefix):
    key = prefix + "gone"
    s3.put_object(Bucket=bucket, Key=key, Body=BODY)
    answer = s3.delete_object(Bucket=bucket, Key=key)
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 204
    gone(target, s3, bucket, key)


def test_objects_are_deleted_in_bulk(s3, bucket, prefix, needs):
    needs("bulk-delete")
    keys = [prefix + name for name in ("a", "b & <c>", "d/é")]
    for key in keys:
        s3.put_object(Bucket=bucket, Key=key, Body=b"x")
    answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": key} for key in keys]})
    assert sorted(item["Key"] for item in answer["Deleted"]) == sorted(keys)
    assert "Errors" not in answer
    assert s3.list_objects_v2(Bucket=bucket, Prefix=prefix)["KeyCount"] == 0


def test_objects_are_deleted_in_bulk_quietly(s3, bucket, prefix, needs):
    needs("bulk-delete")
    s3.put_object(Bucket=bucket, Key=prefix + "a", Body=b"x")
    answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": prefix + "a"}], "Quiet": True})
    assert "Deleted" not in answer and "Errors" not in answer
    assert s3.list_objects_v2(Bucket=bucket, Prefix=prefix)["KeyCount"] == 0


def test_a_wrong_secret_is_refused(alice, region, style, bucket, prefix):
    wrong = {**alice.keys, "aws_secret_access_key": "x" * 40}
    client = alice.s3(region, style, keys=wrong)
    fails("SignatureDoesNotMatch", client.put_object, Bucket=bucket, Key=prefix + "k", Body=b"x")
