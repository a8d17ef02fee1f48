"""The steps with boto3. What it prints is read by run.py."""

import os
import pathlib

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.config import Config

bucket, prefix = os.environ["CLIENT_BUCKET"], os.environ["CLIENT_PREFIX"]
small, large = pathlib.Path(os.environ["CLIENT_SMALL"]), pathlib.Path(os.environ["CLIENT_LARGE"])
s3 = boto3.client("s3", config=Config(s3={"addressing_style": os.environ["CLIENT_STYLE"]}))
place = {"Bucket": bucket, "Key": prefix + "small"}


def step(name, act):
    try:
        act()
        print("ok", name)
    except Exception as error:  # noqa: BLE001: whatever it is, it is told
        print(f"FAILED {name}: {error}")


def keys():
    return [one["Key"] for one in s3.list_objects_v2(Bucket=bucket, Prefix=prefix)["Contents"]]


def parts():
    config = TransferConfig(multipart_threshold=5 << 20, multipart_chunksize=5 << 20)
    s3.upload_file(str(large), bucket, prefix + "large", Config=config)
    back = s3.get_object(Bucket=bucket, Key=prefix + "large")["Body"].read()
    assert back == large.read_bytes(), "another content came back"


def listed():
    assert {prefix + "small", prefix + "large"} <= set(keys())


def ranged():
    assert s3.get_object(**place, Range="bytes=7-12")["Body"].read() == small.read_bytes()[7:13]


def gone():
    s3.delete_object(Bucket=bucket, Key=prefix + "copied")
    assert prefix + "copied" not in keys()


step("upload", lambda: s3.put_object(**place, Body=small.read_bytes()))
step("parts", parts)
step("list", listed)
step("range", ranged)
step("copy", lambda: s3.copy_object(Bucket=bucket, Key=prefix + "copied", CopySource=place))
step("delete", gone)
print("url", s3.generate_presigned_url("get_object", Params=place, ExpiresIn=300))
