"""A plugin for pytest that keeps what became of each case, and lets the suite clean up at stores that have less.

The suite removes its buckets before and after each case by listing versions; a store without them would fail every
case for that alone. What it cannot remove stays: each bucket has a name of its own.
"""

import json
import os

RESULTS = {}


def pytest_configure():
    import s3tests.functional as suite
    from botocore.exceptions import ClientError

    versions, prefixed = suite.list_versions, suite.nuke_prefixed_buckets

    def list_versions(client, bucket, batch_size):
        try:
            yield from versions(client, bucket, batch_size)
        except ClientError:
            pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket)
            for keys in [[{"Key": one["Key"]} for one in page.get("Contents", [])] for page in pages]:
                if keys:
                    yield keys

    def nuke_bucket(client, bucket):
        for objects in list_versions(client, bucket, 128):
            client.delete_objects(Bucket=bucket, Delete={"Objects": objects, "Quiet": True})
        client.delete_bucket(Bucket=bucket)

    thorough = suite.nuke_bucket

    def nuke(client, bucket):
        try:
            thorough(client, bucket)
        except ClientError:
            nuke_bucket(client, bucket)

    def nuke_prefixed_buckets(*arguments, **options):
        try:
            prefixed(*arguments, **options)
        except Exception as error:
            print(f"not cleaned up: {error}")

    suite.list_versions, suite.nuke_bucket, suite.nuke_prefixed_buckets = list_versions, nuke, nuke_prefixed_buckets


def pytest_runtest_logreport(report):
    """What happens before a case can fail or skip it; what happens after it cannot."""
    name = report.nodeid.rsplit("/", 1)[-1].replace(".py", "")
    if report.when == "call" and report.passed:
        RESULTS[name] = "passed"
    elif report.when != "teardown" and report.skipped:
        RESULTS[name] = "skipped"
    elif report.when != "teardown" and report.failed:
        crash = getattr(report.longrepr, "reprcrash", None)
        RESULTS[name] = crash.message if crash else str(report.longrepr)[-500:]


def pytest_sessionfinish():
    with open(os.environ["CONFORMANCE_RESULTS"], "w") as out:
        json.dump(RESULTS, out, indent=1)
