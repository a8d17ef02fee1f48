"""A catalogue of tables: a service account assumes a role, narrows it to one table, and hands the keys on."""

import json
import uuid

import boto3
import pytest
from helpers import denied, empty, fails, read
from target import configuration


@pytest.fixture
def table(target, alice, bucket):
    """The prefix of a table that is empty before and after."""
    if not target.tables_role:
        pytest.skip(f"{target.name} has no role for a service account")
    prefix = f"warehouse/{uuid.uuid4().hex[:12]}/"
    yield prefix
    empty(alice.s3(), bucket, prefix)


def vended(target, alice, bucket, prefix, **more):
    """Keys as a catalogue gives them to its client: for everything below the prefix."""
    policy = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"],
                "Resource": f"arn:aws:s3:::{bucket}/{prefix}*",
            },
            {
                "Effect": "Allow",
                "Action": "s3:ListBucket",
                "Resource": f"arn:aws:s3:::{bucket}",
                "Condition": {"StringLike": {"s3:prefix": f"{prefix}*"}},
            },
        ],
    }
    sts = alice.sts(**alice.keys)
    answer = sts.assume_role(
        RoleArn=target.tables_role, RoleSessionName="catalogue", Policy=json.dumps(policy), **more
    )
    return answer["Credentials"]


def client(target, keys):
    return boto3.client(
        "s3",
        endpoint_url=target.s3,
        region_name="us-east-1",
        verify=target.ca,
        config=configuration(s3={"addressing_style": "path"}),
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )


def test_keys_for_one_table(target, alice, bucket, table):
    keys = client(target, vended(target, alice, bucket, table))
    keys.put_object(Bucket=bucket, Key=table + "data/a", Body=b"a")
    assert read(keys, bucket, table + "data/a") == b"a"
    listed = keys.list_objects_v2(Bucket=bucket, Prefix=table)["Contents"]
    assert [item["Key"] for item in listed] == [table + "data/a"]
    other = "warehouse/other/data/a"
    denied(keys.get_object, Bucket=bucket, Key=other)
    denied(keys.put_object, Bucket=bucket, Key=other, Body=b"x")
    denied(keys.delete_object, Bucket=bucket, Key=other)
    denied(keys.list_objects_v2, Bucket=bucket, Prefix="warehouse/")
    denied(keys.copy_object, Bucket=bucket, Key=table + "b", CopySource={"Bucket": bucket, "Key": other})
    denied(keys.list_buckets)
    # What the role may not, the session policy does not give.
    denied(keys.put_object_tagging, Bucket=bucket, Key=table + "data/a", Tagging={"TagSet": []})


def file_io(target, access_key, secret_key, session_token=None):
    """PyIceberg's properties for reading and writing with these keys."""
    properties = {
        "s3.endpoint": target.s3,
        "s3.region": "us-east-1",
        "s3.access-key-id": access_key,
        "s3.secret-access-key": secret_key,
    }
    return {**properties, "s3.session-token": session_token} if session_token else properties


def test_a_table_of_iceberg(target, alice, bucket, table, tmp_path):
    """The catalogue writes the table's metadata with its own keys; who works on the table has vended ones."""
    import pyarrow
    from pyiceberg.catalog.sql import SqlCatalog
    from pyiceberg.io import load_file_io

    own = file_io(target, alice.keys["aws_access_key_id"], alice.keys["aws_secret_access_key"])
    keys = vended(target, alice, bucket, table)
    theirs = file_io(target, keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])
    location = f"s3://{bucket}/{table.rstrip('/')}"
    catalogue = SqlCatalog("e2e", uri=f"sqlite:///{tmp_path}/catalogue.db", warehouse=location, **own)

    def loaded(name):
        opened = catalogue.load_table(name)
        opened.io = load_file_io(theirs)
        return opened

    catalogue.create_namespace("sales")
    rows = pyarrow.table({"id": list(range(1000)), "name": [f"row {n}" for n in range(1000)]})
    catalogue.create_table("sales.orders", schema=rows.schema)
    for _ in range(2):
        loaded("sales.orders").append(rows)
    again = loaded("sales.orders").scan(row_filter="id >= 990").to_arrow()
    assert sorted(again["id"].to_pylist()) == sorted(2 * list(range(990, 1000)))
    kept = alice.s3().list_objects_v2(Bucket=bucket, Prefix=table)["Contents"]
    assert len(kept) > 5
    # The same keys on somebody else's table.
    elsewhere = f"s3://{bucket}/warehouse/other"
    catalogue.create_table("sales.others", schema=rows.schema, location=elsewhere)
    try:
        with pytest.raises(OSError, match="ACCESS_DENIED"):
            loaded("sales.others").append(rows)
    finally:
        empty(alice.s3(), bucket, "warehouse/other/")


def test_a_session_that_asks_for_too_long(target, alice, bucket, table):
    sts = alice.sts(**alice.keys)
    fails(
        "ValidationError",
        sts.assume_role,
        RoleArn=target.tables_role,
        RoleSessionName="catalogue",
        DurationSeconds=43200,
    )
    temporary = sts.get_session_token(DurationSeconds=900)["Credentials"]
    assert client(target, temporary).list_objects_v2(Bucket=bucket, Prefix=table)["KeyCount"] == 0
