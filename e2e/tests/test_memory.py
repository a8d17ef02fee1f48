"""1 GiB up and down with less than 64 MiB: bodies stream."""

import hashlib
import pathlib

import pytest
from boto3.s3.transfer import TransferConfig
from target import scratch

MIB = 1024 * 1024
LIMIT_KIB = 64 * 1024


def high_water_mark(pid):
    """Peak resident memory in KiB."""
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1])
    raise AssertionError("no VmHWM")


def digest_of(file):
    digest = hashlib.sha256()
    while block := file.read(MIB):
        digest.update(block)
    return digest.hexdigest()


@pytest.fixture(autouse=True)
def own_process(needs):
    needs("memory")


@pytest.fixture(scope="module")
def gibibyte_file():
    """Makes the file when the first test wants it."""
    path = scratch() / "1-gib"
    made = []

    def make():
        if not made:
            with path.open("wb") as file:
                # Sparse, but for marks that show a block out of place.
                for at in range(0, 1024, 16):
                    file.seek(at * MIB)
                    file.write(b"block %d" % at)
                file.truncate(1024 * MIB)
            with path.open("rb") as file:
                made.append(digest_of(file))
        return path, made[0]

    yield make
    path.unlink(missing_ok=True)


@pytest.fixture
def gibibyte(own_process, gibibyte_file):
    return gibibyte_file()


def test_1_gib_up_and_down_in_one_request_each(target, alice, bucket, prefix, gibibyte, figure):
    path, digest = gibibyte
    client = alice.s3("eu-central-1")
    with path.open("rb") as file:
        client.put_object(Bucket=bucket, Key=prefix + "1-gib", Body=file)
    assert digest_of(client.get_object(Bucket=bucket, Key=prefix + "1-gib")["Body"]) == digest
    client.delete_object(Bucket=bucket, Key=prefix + "1-gib")
    check(target, "one PUT and one GET of 1 GiB", figure)


def test_1_gib_up_and_down_in_parts(target, alice, bucket, prefix, gibibyte, figure):
    path, digest = gibibyte
    client = alice.s3("eu-central-1", max_pool_connections=20)
    parts = TransferConfig(multipart_chunksize=16 * MIB, max_concurrency=16)
    client.upload_file(str(path), bucket, prefix + "1-gib", Config=parts)
    down = scratch() / "1-gib-down"
    client.download_file(bucket, prefix + "1-gib", str(down), Config=parts)
    with down.open("rb") as file:
        assert digest_of(file) == digest
    down.unlink()
    client.delete_object(Bucket=bucket, Key=prefix + "1-gib")
    check(target, "1 GiB up and down in 16 parts at once", figure)


def check(target, what, figure):
    peak = high_water_mark(target.pid)
    figure(f"{target.name}: peak memory of the gateway after {what}: {peak / 1024:.1f} MiB (limit 64 MiB)")
    assert peak < LIMIT_KIB
