"""Uploads with a checksum: in a header, in a trailer (boto3's default over https), or without."""

import io

import pytest
from helpers import fails, gone, read

# Below and above what the gateway holds back whole (256 KiB).
SIZES = {"empty": 0, "small": 1000, "256-kib": 256 * 1024, "300-kib": 300_000, "5-mib": 5 * 1024 * 1024}
ALGORITHMS = ["CRC32", "SHA1", "SHA256"]
# None of them is that of a body below.
WRONG = [{"ChecksumCRC32": "AAAAAA=="}, {"ChecksumSHA256": "A" * 43 + "="}, {"ContentMD5": "A" * 22 + "=="}]


def body_of(size):
    return (bytes(range(251)) * (size // 251 + 1))[:size]


@pytest.mark.parametrize("size", SIZES.values(), ids=SIZES)
@pytest.mark.parametrize("mode", ["when_supported", "when_required"])
@pytest.mark.parametrize("kind", ["bytes", "stream"])
def test_put(alice, bucket, prefix, region, mode, kind, size, needs):
    if mode == "when_supported":
        needs("trailers")
    client = alice.s3(region, request_checksum_calculation=mode, response_checksum_validation=mode)
    body = body_of(size)
    client.put_object(Bucket=bucket, Key=prefix + "k", Body=io.BytesIO(body) if kind == "stream" else body)
    got = client.get_object(Bucket=bucket, Key=prefix + "k")
    assert got["Body"].read() == body
    # Nothing of the framing stays on the object.
    assert "aws-chunked" not in got.get("ContentEncoding", "")


@pytest.mark.parametrize("size", [1000, 300_000])
@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_put_with_an_algorithm(alice, bucket, prefix, style, algorithm, size, needs):
    needs("trailers")
    client = alice.s3("eu-central-1", style)
    answer = client.put_object(
        Bucket=bucket, Key=prefix + "k", Body=body_of(size), ChecksumAlgorithm=algorithm
    )
    if "checksum-answers" not in alice.target.lacks:
        assert answer[f"Checksum{algorithm}"]
    assert read(client, bucket, prefix + "k") == body_of(size)


@pytest.mark.parametrize("size", [1000, 300_000])
def test_part_with_an_algorithm(alice, bucket, prefix, region, size, needs):
    needs("trailers")
    client = alice.s3(region)
    place = {"Bucket": bucket, "Key": prefix + "k"}
    place["UploadId"] = client.create_multipart_upload(**place)["UploadId"]
    part = client.upload_part(**place, PartNumber=1, Body=body_of(size), ChecksumAlgorithm="CRC32")
    parts = [{"PartNumber": 1, "ETag": part["ETag"]}]
    client.complete_multipart_upload(**place, MultipartUpload={"Parts": parts})
    assert read(client, bucket, place["Key"]) == body_of(size)


@pytest.mark.parametrize("size", [1000, 300_000])
@pytest.mark.parametrize("checksum", WRONG, ids=lambda checksum: next(iter(checksum)))
def test_a_wrong_checksum_stores_nothing(target, alice, bucket, prefix, region, checksum, size, needs):
    if "ContentMD5" not in checksum:
        needs("checksum-verification")
    client = alice.s3(region)
    key = prefix + "wrong"
    codes = ("BadDigest", "XAmzContentChecksumMismatch")
    fails(codes, client.put_object, Bucket=bucket, Key=key, Body=body_of(size), **checksum)
    gone(target, client, bucket, key)
