"""Keys that client, gateway and store must spell the same."""

import pytest
from helpers import fails, read

KEYS = {
    "space": "a b",
    "plus": "a+b",
    "percent-escape": "a%41b",
    "percent-alone": "100%",
    "percent-2F": "a%2Fb",
    "question-mark": "a?b=c",
    "hash": "a#b",
    "ampersand": "a&b=c",
    "semicolon": "a;b",
    "quotes": "a'b\"c",
    "brackets": "(a)[b]{c}<d>",
    "star": "a*b",
    "tilde": "~a",
    "dollar": "${aws:username}",
    "colon": "a:b@c,d",
    "backslash": "a\\b",
    "pipe-caret-backtick": "a|b^c`d",
    "exclamation": "a!b",
    "latin": "ünïcödé",
    "japanese": "日本語",
    "emoji": "😀",
    "combining": "e\u0301",
    "ends-with-slash": "folder/",
    "long": "/".join(["x" * 99] * 9),
    "newline": "a\nb",
    "tab": "a\tb",
}
# Spellings that some stores take for another key; the gateway refuses them for such a store.
FOLDED = {
    "double-slash": "a//b",
    "leading-slash": "/a",
    "dot-segment": "a/./b",
    "dot-dot-segment": "a/../b",
    "ends-with-dots": "a/..",
}


@pytest.mark.parametrize("name", KEYS)
def test_an_awkward_key_is_the_same_everywhere(target, alice, bucket, prefix, style, name, needs):
    needs(f"key {name}")
    roundtrip(alice.s3("eu-central-1", style), bucket, prefix, KEYS[name], "bulk-delete" not in target.lacks)


@pytest.mark.parametrize("name", FOLDED)
def test_a_key_that_stores_may_fold_is_kept_or_refused(target, alice, bucket, prefix, style, name):
    client = alice.s3("eu-central-1", style)
    if "folded keys" in target.lacks:
        client_error = fails(
            ("InvalidArgument", "InvalidURI", "InvalidRequest", "KeyRefused", "NotImplemented", "AccessDenied"),
            client.put_object,
            Bucket=bucket,
            Key=prefix + FOLDED[name],
            Body=b"x",
        )
        assert 400 <= client_error["ResponseMetadata"]["HTTPStatusCode"] < 500
        return
    roundtrip(client, bucket, prefix, FOLDED[name], "bulk-delete" not in target.lacks)


def roundtrip(client, bucket, prefix, name, bulk):
    key = prefix + name
    body = key.encode()
    client.put_object(Bucket=bucket, Key=key, Body=body)
    assert read(client, bucket, key) == body
    assert client.head_object(Bucket=bucket, Key=key)["ContentLength"] == len(body)
    for operation in ("list_objects_v2", "list_objects"):
        listed = getattr(client, operation)(Bucket=bucket, Prefix=prefix)["Contents"]
        assert [item["Key"] for item in listed] == [key], operation
    client.copy_object(Bucket=bucket, Key=prefix + "copy", CopySource={"Bucket": bucket, "Key": key})
    assert read(client, bucket, prefix + "copy") == body
    client.delete_object(Bucket=bucket, Key=prefix + "copy")
    if bulk:
        answer = client.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": key}]})
        assert [item["Key"] for item in answer["Deleted"]] == [key]
    else:
        client.delete_object(Bucket=bucket, Key=key)
    assert client.list_objects_v2(Bucket=bucket, Prefix=prefix)["KeyCount"] == 0
