"""What several test files say."""

import botocore.exceptions
import pytest
from target import Person

_people = {}


def person(target, name):
    key = (target.name, name)
    if key not in _people:
        _people[key] = Person(target, name)
    return _people[key]


def empty(client, bucket, prefix):
    """Deletes every object and unfinished upload below a prefix, one by one."""
    for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for item in page.get("Contents", []):
            client.delete_object(Bucket=bucket, Key=item["Key"])


def denied(call, *args, **kwargs):
    """The call must be refused as AWS refuses: 403 and, where there is a body, AccessDenied."""
    with pytest.raises(botocore.exceptions.ClientError) as refused:
        call(*args, **kwargs)
    answer = refused.value.response
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 403, answer
    # HEAD has no body, so botocore gives the status as code.
    assert answer["Error"]["Code"] in ("AccessDenied", "403"), answer


def fails(code, call, *args, **kwargs):
    """The call must fail with that code, or one of these."""
    with pytest.raises(botocore.exceptions.ClientError) as failed:
        call(*args, **kwargs)
    codes = (code,) if isinstance(code, str) else code
    assert failed.value.response["Error"]["Code"] in codes, failed.value.response
    return failed.value.response


def read(client, bucket, key, **kwargs):
    return client.get_object(Bucket=bucket, Key=key, **kwargs)["Body"].read()


def gone(target, client, bucket, key):
    """The object must not be there."""
    # Whoever may not list the bucket is not told whether a key is there, says AWS; a gateway that
    # reads with the store's own keys passes the store's answer on.
    code = "AccessDenied" if "missing-keys" in target.lacks else "NoSuchKey"
    fails(code, client.get_object, Bucket=bucket, Key=key)
