"""The steps with minio-py. What it prints is read by run.py."""

import os
import pathlib

from minio import Minio
from minio.commonconfig import CopySource

bucket, prefix = os.environ["CLIENT_BUCKET"], os.environ["CLIENT_PREFIX"]
small, large = pathlib.Path(os.environ["CLIENT_SMALL"]), pathlib.Path(os.environ["CLIENT_LARGE"])
client = Minio(
    endpoint=os.environ["CLIENT_ENDPOINT"],
    access_key=os.environ["AWS_ACCESS_KEY_ID"],
    secret_key=os.environ["AWS_SECRET_ACCESS_KEY"],
    session_token=os.environ["AWS_SESSION_TOKEN"],
    region=os.environ["AWS_REGION"],
    secure=False,
)
if os.environ["CLIENT_STYLE"] == "virtual":
    client.enable_virtual_style_endpoint()
else:
    client.disable_virtual_style_endpoint()
place = {"bucket_name": bucket}


def step(name, act):
    try:
        act()
        print("ok", name)
    except Exception as error:  # noqa: BLE001: whatever it is, it is told
        print(f"FAILED {name}: {error}".replace("\n", " "))


def keys():
    return {one.object_name for one in client.list_objects(bucket_name=bucket, prefix=prefix)}


def parts():
    client.fput_object(**place, object_name=prefix + "large", file_path=str(large), part_size=5 << 20)
    answer = client.get_object(**place, object_name=prefix + "large")
    assert answer.read() == large.read_bytes(), "another content came back"


def listed():
    assert {prefix + "small", prefix + "large"} <= keys()


def ranged():
    answer = client.get_object(**place, object_name=prefix + "small", offset=7, length=6)
    assert answer.read() == small.read_bytes()[7:13]


def copied():
    source = CopySource(bucket_name=bucket, object_name=prefix + "small")
    client.copy_object(**place, object_name=prefix + "copied", source=source)


def gone():
    client.remove_object(**place, object_name=prefix + "copied")
    assert prefix + "copied" not in keys()


step("upload", lambda: client.fput_object(**place, object_name=prefix + "small", file_path=str(small)))
step("parts", parts)
step("list", listed)
step("range", ranged)
step("copy", copied)
step("delete", gone)
print("url", client.presigned_get_object(**place, object_name=prefix + "small"))
