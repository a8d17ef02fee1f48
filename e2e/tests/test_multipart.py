"""Multipart uploads, and 100 MB of them in every region."""

import hashlib

import pytest
from boto3.s3.transfer import TransferConfig
from helpers import fails, gone, read

MIB = 1024 * 1024
PARTS = TransferConfig(multipart_threshold=8 * MIB, multipart_chunksize=8 * MIB, max_concurrency=8)


def test_100_mib_go_up_and_down_in_parts(alice, bucket, prefix, region, big_file, tmp_path):
    path, digest = big_file
    client = alice.s3(region)
    key = prefix + "100-mib"
    client.upload_file(str(path), bucket, key, Config=PARTS)
    head = client.head_object(Bucket=bucket, Key=key)
    assert head["ContentLength"] == 100 * MIB
    assert head["ETag"].endswith('-13"')
    client.download_file(bucket, key, str(tmp_path / "down"), Config=PARTS)
    assert hashlib.sha256((tmp_path / "down").read_bytes()).hexdigest() == digest
    client.copy({"Bucket": bucket, "Key": key}, bucket, prefix + "copy", Config=PARTS)
    whole = hashlib.sha256()
    for piece in client.get_object(Bucket=bucket, Key=prefix + "copy")["Body"].iter_chunks(MIB):
        whole.update(piece)
    assert whole.hexdigest() == digest


@pytest.fixture
def upload(alice, bucket, prefix, region, style):
    """A client, and the arguments of an upload that is aborted in the end."""
    client = alice.s3(region, style)
    place = {"Bucket": bucket, "Key": prefix + "parts äöü"}
    answer = client.create_multipart_upload(**place, ContentType="text/x-parts", Metadata={"m": "1"})
    assert (answer["Bucket"], answer["Key"]) == (bucket, place["Key"])
    place["UploadId"] = answer["UploadId"]
    yield client, place
    try:
        client.abort_multipart_upload(**place)
    except client.exceptions.ClientError as error:
        # Completed or aborted by the test.
        assert error.response["Error"]["Code"] in ("NoSuchUpload", "AccessDenied"), error


def test_an_upload_is_made_of_parts(target, upload, bucket):
    client, place = upload
    bodies = [b"1" * (5 * MIB), b"2" * 100]
    parts = []
    for number, body in enumerate(bodies, 1):
        etag = client.upload_part(**place, PartNumber=number, Body=body)["ETag"]
        parts.append({"PartNumber": number, "ETag": etag})
    listed = client.list_parts(**place)
    found = [(part["PartNumber"], part["Size"]) for part in listed["Parts"]]
    if "parts-in-order" in target.lacks:
        found.sort()
    assert found == [(1, 5 * MIB), (2, 100)]
    done = client.complete_multipart_upload(**place, MultipartUpload={"Parts": parts})
    assert (done["Bucket"], done["Key"]) == (bucket, place["Key"])
    got = client.get_object(Bucket=bucket, Key=place["Key"])
    assert got["Body"].read() == b"".join(bodies)
    assert (got["ContentType"], got["Metadata"]) == ("text/x-parts", {"m": "1"})


def test_a_part_is_copied_from_an_object(upload, alice, bucket, prefix):
    client, place = upload
    source = prefix + "source of a part"
    alice.s3().put_object(Bucket=bucket, Key=source, Body=bytes(range(200)))
    answer = client.upload_part_copy(
        **place, PartNumber=1, CopySource={"Bucket": bucket, "Key": source}, CopySourceRange="bytes=50-149"
    )
    parts = [{"PartNumber": 1, "ETag": answer["CopyPartResult"]["ETag"]}]
    client.complete_multipart_upload(**place, MultipartUpload={"Parts": parts})
    assert read(client, bucket, place["Key"]) == bytes(range(50, 150))


def test_an_upload_is_aborted(target, upload, bucket):
    client, place = upload
    client.upload_part(**place, PartNumber=1, Body=b"x")
    answer = client.abort_multipart_upload(**place)
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 204
    if "upload-state" not in target.lacks:
        # RGW says NoSuchKey, and AccessDenied to another than the owner.
        fails(("NoSuchUpload", "NoSuchKey", "AccessDenied"), client.list_parts, **place)
    gone(target, client, bucket, place["Key"])


def test_an_upload_with_a_wrong_part_is_not_completed(upload, needs):
    needs("upload-state")
    client, place = upload
    client.upload_part(**place, PartNumber=1, Body=b"x")
    wrong = [{"PartNumber": 1, "ETag": '"00000000000000000000000000000000"'}]
    fails("InvalidPart", client.complete_multipart_upload, **place, MultipartUpload={"Parts": wrong})


def test_unfinished_uploads_are_listed(upload, bucket, prefix, needs):
    needs("list-uploads")
    client, place = upload
    listed = client.list_multipart_uploads(Bucket=bucket, Prefix=prefix)["Uploads"]
    assert [(item["Key"], item["UploadId"]) for item in listed] == [(place["Key"], place["UploadId"])]
