"""Runs the client tests against real parts and stops whatever it started.

    e2e/run.sh [PART...] [-- PYTEST ARGUMENT...]

Parts:
    gateway   `fakes3pp serve` with the README's configuration, before RGW, logged in through Keycloak
    service   `fakes3pp serve` with e2e/service.yaml: a static user over http, RGW behind it over https
    demo      the demo over http and over https
    cases     the table of conformance/cases.py, straight at RGW and at the demo's store and through `fakes3pp serve`
    direct    RGW without a gateway: whether the tests are right about S3
Without a part: gateway, service, demo and cases. E2E_KEEP=1 leaves everything running. E2E_BINARIES=FOLDER takes the
binaries from there instead of building them.
"""

import contextlib
import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time

import boto3
import readme
import yaml
from parts import BINARIES, BUILT, HERE, KEEP, Failed, answers, build, process, rgw_environment, say, script, timed
from target import ROOT, WORK, Target, configuration


def at_rgw(rgw, who="RGW"):
    return boto3.client(
        "s3",
        endpoint_url=rgw["RGW_ENDPOINT"],
        region_name="default",
        aws_access_key_id=rgw[f"{who}_ACCESS_KEY"],
        aws_secret_access_key=rgw[f"{who}_SECRET_KEY"],
        config=configuration(s3={"addressing_style": "path"}),
    )


def ensure_bucket(client, name):
    if name not in [bucket["Name"] for bucket in client.list_buckets()["Buckets"]]:
        client.create_bucket(Bucket=name)


# Before a gateway and without one.
RGW_LACKS = {
    "every source of a part": "it decodes them twice and ends over some, so that `%` and `?` are refused for it",
    "longest key in parts": "its answer at the end is empty, and there is no object",
}


def direct(rgw):
    """RGW itself, twice: alice as the bucket's owner, and as RGW's user `alt`, whom a bucket policy
    holds to what a role of ours gives her."""
    client = at_rgw(rgw)
    ensure_bucket(client, "direct")
    alice = {"AWS": ["arn:aws:iam:::user/alt"]}
    resource = "arn:aws:s3:::direct"
    listing = ["s3:ListBucket", "s3:ListBucketVersions", "s3:ListBucketMultipartUploads"]
    statements = [
        {"Action": listing, "Resource": resource, "Condition": {"StringLike": {"s3:prefix": "alice/*"}}},
        {"Action": "s3:GetBucketLocation", "Resource": resource},
        {"Action": "s3:*", "Resource": resource + "/alice/*"},
    ]
    policy = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": alice, **statement} for statement in statements],
    }
    client.put_bucket_policy(Bucket="direct", Policy=json.dumps(policy))
    owner = {"access_key": rgw["RGW_ACCESS_KEY"], "secret_key": rgw["RGW_SECRET_KEY"]}
    other = {"access_key": rgw["RGW_ALT_ACCESS_KEY"], "secret_key": rgw["RGW_ALT_SECRET_KEY"]}
    common = {
        **RGW_LACKS,
        "login": "its users have static keys",
        "policy-on-buckets": "every user may make buckets",
        "location-constraint": "it knows one location, its own",
        "bob-is-a-user": "bob owns the bucket",
        "checksum-verification": "it takes x-amz-checksum-* and verifies none",
        "checksum-answers": "it keeps no checksum",
        "bucket-owner": "it takes any",
        "forms": "it answers without ETag, adds a second `?`, and takes a list of types by its first",
        "memory": "not ours",
        "messages": "its errors have none, and the AWS CLI stumbles over that",
    }
    by_policy = {
        "list-buckets": "it lists the buckets that a user owns",
        "missing-keys": "it tells whoever may not list the whole bucket AccessDenied, as AWS does",
        "bucket-making": "alice may not",
        "bulk-delete": "its bucket policy allows it for the whole bucket or not at all",
        "list-uploads": "it fills no s3:prefix there",
    }
    place = {
        "s3": rgw["RGW_ENDPOINT"],
        "domain": f"{rgw['RGW_DNS_NAME']}:{rgw['RGW_ENDPOINT'].rsplit(':', 1)[1]}",
        "hosts": [rgw["RGW_DNS_NAME"]],
        "bucket": "direct",
    }
    return [
        Target(
            name="direct-owner",
            users={"alice": owner, "bob": owner},
            lacks={**common, "denial": "alice owns the bucket"},
            **place,
        ),
        Target(
            name="direct-policy", users={"alice": other, "bob": owner}, lacks={**common, **by_policy}, **place
        ),
    ]


# What the preset `ceph-rgw` says, found out.
PROBED = """
    key_rules: [part-source]
    ignored_headers:
      - CompleteMultipartUpload:if-none-match
      - CompleteMultipartUpload:if-match
      - DeleteObject:if-match
      - DeleteObject:x-amz-if-match-size
      - DeleteObject:x-amz-if-match-last-modified-time
      - AbortMultipartUpload:x-amz-if-match-initiated-time
      - CopyObject:if-match
      - CopyObject:if-none-match
      - CompleteMultipartUpload:x-amz-checksum-crc32
      - CompleteMultipartUpload:x-amz-checksum-crc32c
      - CompleteMultipartUpload:x-amz-checksum-crc64nvme
      - CompleteMultipartUpload:x-amz-checksum-sha1
      - CompleteMultipartUpload:x-amz-checksum-sha256
      - CompleteMultipartUpload:x-amz-checksum-sha512
      - CompleteMultipartUpload:x-amz-checksum-md5
      - CompleteMultipartUpload:x-amz-checksum-xxhash64
      - CompleteMultipartUpload:x-amz-checksum-xxhash3
      - CompleteMultipartUpload:x-amz-checksum-xxhash128
      - CreateBucket:x-amz-bucket-namespace
      - CopyObject:x-amz-object-lock-event-hold
      - CreateMultipartUpload:x-amz-object-lock-event-hold
      - PutObject:x-amz-object-lock-event-hold
      - CopyObject:x-amz-object-lock-legal-hold
      - CopyObject:x-amz-object-lock-mode
      - CopyObject:x-amz-server-side-encryption
      - CopyObject:x-amz-server-side-encryption-customer-algorithm
      - CopyObject:x-amz-tagging
      - CopyObject:x-amz-tagging-directive=REPLACE
      - CopyObject:x-amz-website-redirect-location
      - CreateMultipartUpload:x-amz-object-lock-legal-hold
      - CreateMultipartUpload:x-amz-object-lock-mode
      - CreateMultipartUpload:x-amz-server-side-encryption=AES256
      - CreateMultipartUpload:x-amz-tagging
      - UploadPartCopy:x-amz-server-side-encryption-customer-algorithm
    capabilities:
      checksum_headers: true
      trailers: false
      discards_short_objects: true
      discards_short_parts: true
      quoted_if_match: false
      bucket_owner: false
      list_objects_v2: true
      encoded_listings: true
      object_tags: true
      copy_source_conditions: false
      object_size: false
      copied_tags: false
      versions: true
"""


def probe(folder, config, environment):
    """The store is what its preset says."""
    command = [BINARIES / "fakes3pp", "probe", "--config", config, "--store", "ceph"]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    if done.returncode != 0 or PROBED not in done.stdout or "left behind" in done.stdout:
        raise Failed(f"fakes3pp probe said:\n{done.stdout}{done.stderr}")


def prepare(folder, config, environment):
    """What comes before `fakes3pp serve`: a key ring, and a look at the configuration."""
    for words in (["keys", "init", "--file", "keys.ring"], ["check", "--config", config]):
        command = [BINARIES / "fakes3pp", *words]
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
        if done.returncode != 0:
            raise Failed(f"fakes3pp {' '.join(words)} failed:\n{done.stdout}{done.stderr}")


@contextlib.contextmanager
def gateway(rgw):
    """`fakes3pp serve` as the README says it, with its configuration as it is written there."""
    folder = WORK / "gateway"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    role_arn = readme.write(folder)
    config = yaml.safe_load((folder / "fakes3pp.yaml").read_text())
    names = [name for domain in config["domains"] for name in (domain, f"*.{domain}")]
    subprocess.run([HERE / "certificate.sh", folder, *names, "127.0.0.1"], check=True)
    environment = {
        "PATH": os.environ["PATH"],
        "STORE_ACCESS_KEY": rgw["RGW_ACCESS_KEY"],
        "STORE_SECRET_KEY": rgw["RGW_SECRET_KEY"],
    }
    prepare(folder, "fakes3pp.yaml", environment)
    probe(folder, "fakes3pp.yaml", environment)
    ensure_bucket(at_rgw(rgw), "data")
    listen = config["listen"]
    port = {name: listen[name].rsplit(":", 1)[1] for name in ("s3", "sts")}
    log = folder / "log"
    command = [BINARIES / "fakes3pp", "serve", "--config", "fakes3pp.yaml"]
    ready = lambda: answers(f"http://{listen['admin']}/readyz")
    with process("fakes3pp serve", command, ready, log, cwd=folder, env=environment) as child:
        issuer = config["providers"][0]["issuer"]
        yield Target(
            name="gateway",
            s3=f"https://localhost:{port['s3']}",
            sts=f"https://localhost:{port['sts']}",
            domain=f"s3.localhost:{port['s3']}",
            hosts=["localhost"],
            ca=str(folder / "ca.crt"),
            bucket="data",
            role_arn=role_arn,
            users={name: {"keycloak": issuer} for name in ("alice", "bob")},
            pid=child.pid,
            log=str(log),
            lacks={
                **RGW_LACKS,
                "exports": "the demo prints them",
                "bucket-making": "alice may not",
                "list-uploads": "the README's role does not allow it",
                "missing-keys": "alice may not list the whole bucket, so she gets AccessDenied, as at AWS",
            },
        )


@contextlib.contextmanager
def service(rgw):
    """`fakes3pp serve` for a tool with static keys."""
    folder = WORK / "service"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name in ("service.yaml", "service-policy.json"):
        shutil.copy(HERE / name, folder)
    for name in ("service-roles", "service-buckets"):
        shutil.copytree(HERE / name, folder / name)
    keys = {"access_key": "AKIAE2ELOADER0000001", "secret_key": secrets.token_urlsafe(30)}
    environment = {
        "PATH": os.environ["PATH"],
        "STORE_ACCESS_KEY": rgw["RGW_ACCESS_KEY"],
        "STORE_SECRET_KEY": rgw["RGW_SECRET_KEY"],
        "LOADER_ACCESS_KEY": keys["access_key"],
        "LOADER_SECRET_KEY": keys["secret_key"],
        "FAKES3PP__STORES__0__ENDPOINT": rgw["RGW_TLS_ENDPOINT"],
        "FAKES3PP__STORES__0__CA_FILE": rgw["RGW_CA"],
    }
    prepare(folder, "service.yaml", environment)
    ensure_bucket(at_rgw(rgw), "made-before")
    listen = yaml.safe_load((folder / "service.yaml").read_text())["listen"]
    port = listen["s3"].rsplit(":", 1)[1]
    log = folder / "log"
    command = [BINARIES / "fakes3pp", "serve", "--config", "service.yaml"]
    ready = lambda: answers(f"http://{listen['admin']}/readyz")
    with process("fakes3pp serve", command, ready, log, cwd=folder, env=environment) as child:
        yield Target(
            name="service",
            s3=f"http://127.0.0.1:{port}",
            sts=f"http://{listen['sts']}",
            admin=f"http://{listen['admin']}",
            tables_role="arn:aws:iam::000000000000:role/tables",
            domain=f"s3.localhost:{port}",
            hosts=["s3.localhost"],
            bucket="made-before",
            users={name: keys for name in ("alice", "bob")},
            regions=["eu-central-1"],
            pid=child.pid,
            log=str(log),
            lacks={
                **RGW_LACKS,
                "login": "its user has static keys",
                "denial": "there is one user",
                "bob-is-a-user": "there is one user",
                "checksum-answers": "over http the checksum is a header, and RGW answers none",
            },
        )


@contextlib.contextmanager
def demo(name, *options):
    """The demo as the README says it, on any port."""
    folder = WORK / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    env_file, log = folder / "env", folder / "log"
    command = [BINARIES / "demo", "--port", "0", "--env-file", env_file, "--dir", folder / "state", *options]
    with process(name, command, env_file.exists, log, cwd=folder) as child:
        lines = [line.removeprefix("export ") for line in env_file.read_text().splitlines() if "=" in line]
        exports = dict(line.split("=", 1) for line in lines)
        token = exports["AWS_WEB_IDENTITY_TOKEN_FILE"]
        s3 = exports["AWS_ENDPOINT_URL_S3"]
        yield Target(
            name=name,
            s3=s3,
            sts=exports["AWS_ENDPOINT_URL_STS"],
            domain=f"localhost:{s3.rsplit(':', 1)[1]}",
            hosts=["localhost"],
            ca=exports.get("AWS_CA_BUNDLE"),
            bucket="demo",
            role_arn=exports["AWS_ROLE_ARN"],
            users={user: {"token_file": token.replace("alice", user)} for user in ("alice", "bob")},
            pid=child.pid,
            env_file=str(env_file),
            log=str(log),
            lacks={
                "versions": "its store has none",
                "bucket-making": "alice may not",
                "list-uploads": "its store cannot",
                "folded keys": "its store keeps objects as files",
                "foreign-audience": "its provider has one client",
                "memory": "store and provider are in the same process",
                "missing-keys": "alice may not list the whole bucket, so she gets AccessDenied, as at AWS",
                "head-ranges": "its store ignores them",
                "odd-ranges": "its store refuses what is none",
                "parts-in-order": "its store lists parts as its file system does",
                "upload-state": "its store lists what was aborted, and compares no ETag of a part",
                "key backslash": "refused for its store, as a separator",
                "key ends-with-slash": "refused for its store, which would make a folder",
                "key long": "its store puts the whole key into a file name",
                "key longest": "its store puts the whole key into a file name",
                **({"other-buckets": "its certificate is for its bucket"} if "--tls" in options else {}),
            },
        )


def cases(rgw):
    """What S3 does, straight at the stores and through the gateway: what is wrong with the table."""
    sys.path.append(str(ROOT / "conformance"))
    import cases
    import stores
    from through import straight, through

    wrong = []
    for started in (contextlib.nullcontext(stores.running_rgw(rgw)), stores.embedded()):
        with contextlib.ExitStack() as stack:
            store, before = stack.enter_context(started), time.monotonic()
            places = {"straight": cases.Place("straight", *stack.enter_context(straight(store)))}
            for mode in ("gateway", "store"):
                places[mode] = cases.Place(mode, *stack.enter_context(through(store, mode)))
            passes, mistakes = cases.check(store.name, places)
            wrong += mistakes
        counts = ", ".join(f"{count} {place}" for place, count in passes.items())
        timed(f"{store.version}: of {len(cases.CASES)} cases pass {counts}", before)
    return wrong


def main(arguments):
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    split = arguments.index("--") if "--" in arguments else len(arguments)
    parts, pytest_arguments = arguments[:split] or ["gateway", "service", "demo", "cases"], arguments[split + 1 :]
    unknown = set(parts) - {"gateway", "service", "demo", "cases", "direct"}
    if unknown or "--help" in arguments[:split]:
        print(__doc__)
        return 2
    with contextlib.ExitStack() as stack:
        targets = []
        if set(parts) & {"gateway", "service", "demo", "cases"} and not BUILT:
            build()
        if set(parts) & {"gateway", "service", "cases", "direct"}:
            stack.enter_context(script("rgw.sh"))
            rgw = rgw_environment()
        if "direct" in parts:
            targets.extend(direct(rgw))
        if "gateway" in parts:
            issuer = yaml.safe_load(readme.block("config"))["providers"][0]["issuer"]
            stack.enter_context(script("keycloak.sh", KC_REALM=issuer.rsplit("/", 1)[1]))
            targets.append(stack.enter_context(gateway(rgw)))
        if "service" in parts:
            targets.append(stack.enter_context(service(rgw)))
        if "demo" in parts:
            targets.append(stack.enter_context(demo("demo-http")))
            targets.append(stack.enter_context(demo("demo-https", "--tls")))
        wrong = cases(rgw) if "cases" in parts else []
        if wrong:
            raise Failed("the table of cases is not right:\n" + "\n".join(wrong))
        if not targets:
            return 0
        files = [f"--target={target.save()}" for target in targets]
        say("testing " + ", ".join(f"{target.name} ({target.s3})" for target in targets))
        command = [sys.executable, "-m", "pytest", "-c", HERE / "pytest.ini", "--rootdir", HERE, *files]
        command.append(f"--basetemp={WORK / 'tmp'}")
        result = subprocess.run([*command, *pytest_arguments], cwd=HERE, stdin=subprocess.DEVNULL).returncode
    say("everything that was started is stopped" if not KEEP else "left running, as E2E_KEEP asks")
    return result


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except Failed as failure:
        say(f"FAILED: {failure}")
        sys.exit(1)
