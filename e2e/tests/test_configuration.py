"""Settings of buckets and objects, as far as RGW has them."""

import pytest
from helpers import fails, read


@pytest.fixture
def owner(target, alice):
    """Who may do everything to the bucket."""
    if not target.tables_role:
        pytest.skip(f"{target.name} has nobody who may configure buckets")
    return alice.s3()


def test_lifecycle(owner, bucket):
    rules = {"Rules": [{"ID": "old", "Status": "Enabled", "Filter": {"Prefix": "tmp/"}, "Expiration": {"Days": 3}}]}
    owner.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration=rules)
    found = owner.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"]
    assert (found[0]["ID"], found[0]["Expiration"]["Days"]) == ("old", 3)
    owner.delete_bucket_lifecycle(Bucket=bucket)
    fails("NoSuchLifecycleConfiguration", owner.get_bucket_lifecycle_configuration, Bucket=bucket)


def test_cors(owner, bucket):
    rule = {"AllowedOrigins": ["https://app.example.org"], "AllowedMethods": ["GET"], "AllowedHeaders": ["*"]}
    owner.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": [rule]})
    found = owner.get_bucket_cors(Bucket=bucket)["CORSRules"]
    assert found[0]["AllowedOrigins"] == ["https://app.example.org"]
    owner.delete_bucket_cors(Bucket=bucket)
    fails("NoSuchCORSConfiguration", owner.get_bucket_cors, Bucket=bucket)


def test_a_page_of_another_origin(target, owner, bucket, prefix):
    rule = {
        "AllowedOrigins": ["https://app.example.org"],
        "AllowedMethods": ["GET", "PUT"],
        "AllowedHeaders": ["*"],
        "ExposeHeaders": ["ETag"],
        "MaxAgeSeconds": 600,
    }
    owner.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": [rule]})
    try:
        put = {"Bucket": bucket, "Key": prefix + "page"}
        url = owner.generate_presigned_url("put_object", Params=put, ExpiresIn=60)

        def preflight(origin, method):
            return target.send(
                "OPTIONS",
                url,
                headers={
                    "Origin": origin,
                    "Access-Control-Request-Method": method,
                    "Access-Control-Request-Headers": "content-type",
                },
            )

        status, headers, _ = preflight("https://app.example.org", "PUT")
        assert (status, headers["Access-Control-Allow-Origin"]) == (200, "https://app.example.org")
        assert "PUT" in headers["Access-Control-Allow-Methods"]
        assert headers["Access-Control-Max-Age"] == "600"
        for origin, method in [("https://other.example.org", "PUT"), ("https://app.example.org", "DELETE")]:
            status, headers, body = preflight(origin, method)
            assert (status, headers["Access-Control-Allow-Origin"]) == (403, None)
            assert b"<Code>AccessForbidden</Code>" in body

        page = {"Origin": "https://app.example.org"}
        status, headers, _ = target.send("PUT", url, body=b"from a page", headers=page)
        assert (status, headers["Access-Control-Allow-Origin"]) == (200, "https://app.example.org")
        assert headers["Access-Control-Expose-Headers"] == "ETag"
        assert read(owner, bucket, prefix + "page") == b"from a page"
        status, headers, _ = target.send("PUT", url, body=b"from no page")
        assert (status, headers["Access-Control-Allow-Origin"]) == (200, None)
    finally:
        owner.delete_bucket_cors(Bucket=bucket)


def test_tags_of_a_bucket(owner, bucket):
    owner.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": [{"Key": "Team", "Value": "a & b"}]})
    assert owner.get_bucket_tagging(Bucket=bucket)["TagSet"] == [{"Key": "Team", "Value": "a & b"}]
    owner.delete_bucket_tagging(Bucket=bucket)
    fails("NoSuchTagSet", owner.get_bucket_tagging, Bucket=bucket)


def test_tags_of_an_object(owner, bucket, prefix):
    key = prefix + "tagged"
    owner.put_object(Bucket=bucket, Key=key, Body=b"x", Tagging="a=1&b=2")
    found = owner.get_object_tagging(Bucket=bucket, Key=key)["TagSet"]
    assert sorted((tag["Key"], tag["Value"]) for tag in found) == [("a", "1"), ("b", "2")]
    owner.put_object_tagging(Bucket=bucket, Key=key, Tagging={"TagSet": [{"Key": "c", "Value": ""}]})
    assert owner.get_object_tagging(Bucket=bucket, Key=key)["TagSet"] == [{"Key": "c", "Value": ""}]
    owner.delete_object_tagging(Bucket=bucket, Key=key)
    assert owner.get_object_tagging(Bucket=bucket, Key=key)["TagSet"] == []


def test_versioning(owner):
    owner.create_bucket(Bucket="made-versioned")
    try:
        owner.put_bucket_versioning(Bucket="made-versioned", VersioningConfiguration={"Status": "Enabled"})
        assert owner.get_bucket_versioning(Bucket="made-versioned")["Status"] == "Enabled"
    finally:
        owner.delete_bucket(Bucket="made-versioned")


def test_object_lock(owner):
    name = "made-locked"
    owner.create_bucket(Bucket=name, ObjectLockEnabledForBucket=True)
    try:
        lock = {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 1}}}
        owner.put_object_lock_configuration(Bucket=name, ObjectLockConfiguration=lock)
        found = owner.get_object_lock_configuration(Bucket=name)["ObjectLockConfiguration"]
        assert found["Rule"]["DefaultRetention"]["Mode"] == "GOVERNANCE"
        version = owner.put_object(Bucket=name, Key="held", Body=b"x")["VersionId"]
        assert owner.get_object_retention(Bucket=name, Key="held")["Retention"]["Mode"] == "GOVERNANCE"
        owner.delete_object(Bucket=name, Key="held", VersionId=version, BypassGovernanceRetention=True)
    finally:
        owner.delete_bucket(Bucket=name)


def test_what_is_not_asked_of_the_store(owner, bucket, prefix):
    fails(
        "AccessControlListNotSupported",
        owner.put_object,
        Bucket=bucket,
        Key=prefix + "a",
        Body=b"x",
        ACL="public-read",
    )
    fails("MethodNotAllowed", owner.put_bucket_policy, Bucket=bucket, Policy="{}")
    fails(
        "NotImplemented",
        owner.select_object_content,
        Bucket=bucket,
        Key=prefix + "a",
        ExpressionType="SQL",
        Expression="select * from s3object",
        InputSerialization={"CSV": {}},
        OutputSerialization={"CSV": {}},
    )
