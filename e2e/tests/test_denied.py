"""Alice cannot reach what is bob's, by any operation. What bob has is the same afterwards (see `secret`)."""

import pytest
from helpers import denied, gone, read

KINDS = {"sigv4": "s3v4", "hmacv1": "s3"}


@pytest.fixture(autouse=True)
def two_users(needs):
    needs("denial")


@pytest.fixture
def s3(alice, region, style):
    return alice.s3(region, style)


@pytest.fixture
def own(alice, bucket, prefix):
    """An object of alice's."""
    key = prefix + "own"
    alice.s3().put_object(Bucket=bucket, Key=key, Body=b"alice's own")
    return key


@pytest.fixture
def upload(alice, bucket, prefix):
    """An unfinished upload of alice's."""
    client = alice.s3()
    place = {"Bucket": bucket, "Key": prefix + "upload"}
    place["UploadId"] = client.create_multipart_upload(**place)["UploadId"]
    yield place
    client.abort_multipart_upload(**place)


@pytest.fixture
def bobs_upload(bob, bucket, secret):
    """An unfinished upload of bob's, which must still be there afterwards."""
    client = bob.s3()
    place = {"Bucket": bucket, "Key": secret + ".parts"}
    place["UploadId"] = client.create_multipart_upload(**place)["UploadId"]
    client.upload_part(**place, PartNumber=1, Body=b"part")
    yield place
    assert len(client.list_parts(**place)["Parts"]) == 1
    client.abort_multipart_upload(**place)


def test_get(s3, bucket, secret):
    denied(s3.get_object, Bucket=bucket, Key=secret)


def test_get_of_a_range(s3, bucket, secret):
    denied(s3.get_object, Bucket=bucket, Key=secret, Range="bytes=0-0")


def test_get_of_a_version(s3, bucket, secret):
    denied(s3.get_object, Bucket=bucket, Key=secret, VersionId="null")


def test_get_of_a_key_that_is_not_there(s3, bucket):
    # Not 404: whether a key of bob's is there is bob's business too.
    denied(s3.get_object, Bucket=bucket, Key="bob/not-there")


def test_head(s3, bucket, secret):
    denied(s3.head_object, Bucket=bucket, Key=secret)


@pytest.mark.parametrize("operation", ["list_objects", "list_objects_v2", "list_object_versions"])
@pytest.mark.parametrize("where", ["bob/", "bob/s", "bob", "", None, "alice"])
def test_list(s3, bucket, secret, operation, where):
    arguments = {} if where is None else {"Prefix": where}
    denied(getattr(s3, operation), Bucket=bucket, **arguments)


def test_list_of_a_prefix_that_leads_out_of_alices(s3, bucket, secret):
    # It begins with alice/, so it is hers to list; but there is nothing below it.
    for prefix in ("alice/../bob/", "alice//../bob/", "alice/./../bob/"):
        try:
            answer = s3.list_objects_v2(Bucket=bucket, Prefix=prefix, Delimiter="/")
        except s3.exceptions.ClientError as refused:
            assert refused.response["ResponseMetadata"]["HTTPStatusCode"] in (400, 403)
        else:
            assert answer["KeyCount"] == 0


def test_list_with_a_delimiter(s3, bucket, secret):
    denied(s3.list_objects_v2, Bucket=bucket, Prefix="bob/", Delimiter="/")


def test_list_of_uploads(s3, bucket, bobs_upload):
    denied(s3.list_multipart_uploads, Bucket=bucket, Prefix="bob/")


def test_put(s3, bucket, secret):
    denied(s3.put_object, Bucket=bucket, Key=secret, Body=b"alice was here")


def test_put_of_a_new_key(s3, bucket, bob, secret):
    denied(s3.put_object, Bucket=bucket, Key="bob/from-alice", Body=b"alice was here")
    assert bob.s3().list_objects_v2(Bucket=bucket, Prefix="bob/from-alice")["KeyCount"] == 0


def test_put_beside_all_prefixes(s3, bucket):
    denied(s3.put_object, Bucket=bucket, Key="top", Body=b"x")
    denied(s3.put_object, Bucket=bucket, Key="alice", Body=b"x")
    denied(s3.put_object, Bucket=bucket, Key="alicex/k", Body=b"x")


def test_delete(s3, bucket, secret):
    denied(s3.delete_object, Bucket=bucket, Key=secret)


def test_bulk_delete(s3, bucket, secret, needs):
    needs("bulk-delete")
    answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": secret}]})
    assert "Deleted" not in answer
    assert [(item["Key"], item["Code"]) for item in answer["Errors"]] == [(secret, "AccessDenied")]


def test_bulk_delete_takes_only_what_is_alices(target, s3, bucket, secret, own, needs):
    needs("bulk-delete")
    answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": own}, {"Key": secret}]})
    assert [item["Key"] for item in answer["Deleted"]] == [own]
    assert [(item["Key"], item["Code"]) for item in answer["Errors"]] == [(secret, "AccessDenied")]
    gone(target, s3, bucket, own)


def test_copy_from(target, s3, bucket, secret, prefix):
    for source in (
        {"Bucket": bucket, "Key": secret},
        f"{bucket}/{secret}",
        f"/{bucket}/{secret}",
        f"{bucket}/{secret}".replace("bob", "%62ob"),
        f"{bucket}/{secret}?versionId=null",
    ):
        denied(s3.copy_object, Bucket=bucket, Key=prefix + "copy", CopySource=source)
    gone(target, s3, bucket, prefix + "copy")


def test_copy_to(s3, bucket, secret, own):
    denied(s3.copy_object, Bucket=bucket, Key=secret, CopySource={"Bucket": bucket, "Key": own})


def test_copy_of_a_part_from(s3, bucket, secret, upload):
    denied(s3.upload_part_copy, **upload, PartNumber=1, CopySource={"Bucket": bucket, "Key": secret})
    assert "Parts" not in s3.list_parts(**upload)


def test_start_of_an_upload(s3, bucket, secret):
    denied(s3.create_multipart_upload, Bucket=bucket, Key=secret)


def test_every_step_of_bobs_upload(s3, bobs_upload, bucket, own):
    denied(s3.upload_part, **bobs_upload, PartNumber=2, Body=b"x")
    denied(s3.upload_part_copy, **bobs_upload, PartNumber=2, CopySource={"Bucket": bucket, "Key": own})
    denied(s3.list_parts, **bobs_upload)
    parts = [{"PartNumber": 1, "ETag": '"00000000000000000000000000000000"'}]
    denied(s3.complete_multipart_upload, **bobs_upload, MultipartUpload={"Parts": parts})
    denied(s3.abort_multipart_upload, **bobs_upload)


def test_buckets(s3, bucket, style, needs):
    needs("policy-on-buckets")
    if style == "virtual":
        needs("other-buckets")
    denied(s3.create_bucket, Bucket="alices-very-own-bucket")
    denied(s3.delete_bucket, Bucket=bucket)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE"])
def test_presigned(target, alice, bucket, secret, region, style, kind, method):
    client = alice.s3(region, style, signature_version=KINDS[kind])
    url = client.generate_presigned_url(f"{method.lower()}_object", Params={"Bucket": bucket, "Key": secret})
    status, _, body = target.send(method, url, body=b"alice was here" if method == "PUT" else None)
    assert status == 403
    assert method == "HEAD" or b"<Code>AccessDenied</Code>" in body


@pytest.mark.parametrize("kind", KINDS)
def test_presigned_upload_of_a_part(target, alice, bobs_upload, region, style, kind):
    client = alice.s3(region, style, signature_version=KINDS[kind])
    url = client.generate_presigned_url("upload_part", Params={**bobs_upload, "PartNumber": 2})
    status, _, body = target.send("PUT", url, body=b"alice was here")
    assert status == 403 and b"<Code>AccessDenied</Code>" in body


@pytest.mark.parametrize("kind", KINDS)
def test_presigned_put_with_an_added_copy_source(target, alice, bucket, secret, prefix, style, kind):
    client = alice.s3("us-east-1", style, signature_version=KINDS[kind])
    url = client.generate_presigned_url("put_object", Params={"Bucket": bucket, "Key": prefix + "k"})
    status, _, _ = target.send("PUT", url, headers={"x-amz-copy-source": f"{bucket}/{secret}"})
    assert status == 403
    gone(target, alice.s3(), bucket, prefix + "k")


def test_without_any_signature(target, bucket, secret, style):
    url = f"{target.s3}/{bucket}/{secret}"
    if style == "virtual":
        url = f"{target.s3.split(':')[0]}://{bucket}.{target.domain}/{secret}"
    for method in ("GET", "HEAD", "PUT", "DELETE"):
        assert target.send(method, url, body=b"x" if method == "PUT" else None)[0] == 403


def test_bob_reaches_his_own(bob, bucket, secret, region, style):
    client = bob.s3(region, style)
    assert read(client, bucket, secret) == b"bob's own"
    assert client.list_objects_v2(Bucket=bucket, Prefix=secret)["KeyCount"] == 1


def test_bob_cannot_reach_alices(bob, bucket, own, region, style, needs):
    needs("bob-is-a-user")
    denied(bob.s3(region, style).get_object, Bucket=bucket, Key=own)
