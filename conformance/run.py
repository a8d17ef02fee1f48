"""Runs the public functional suite for S3 (ceph/s3-tests) straight at a store and through the gateway, and writes
what came of it to docs/conformance/STORE.md.

    conformance/run.sh --suite CHECKOUT --store rgw|garage|minio|embedded [--again RUN...] [--record-only]
                       [-- PYTEST ARGUMENT...]

It runs three times: at the store; through the gateway with `authorization: store`; and with `authorization: gateway`.
Each account of the suite is a user of the gateway, for whom it has that account's keys of the store. A case that
passes straight and not through us must have its reason in conformance/reasons.yaml, or the run fails. `--again` takes
only some of the three (direct, store, gateway), and the results of the last time for the others; `--record-only` takes
all from there. With pytest arguments, such as `-k multipart`, nothing is written.
"""

import argparse
import json
import os
import subprocess
import sys

import record
from parts import BUILT, Failed, build
from stores import PRESETS, STORES, WORK
from through import straight, through

# Without the cases that wait for days (expiration, transition), need a cloud, or look at logs of requests.
MARKS = "not lifecycle_expiration and not lifecycle_transition and not cloud_transition and not cloud_restore and not bucket_logging"
RUNS = ["direct", "store", "gateway"]
FILES = ["s3tests/functional/test_s3.py", "s3tests/functional/test_headers.py"]


def suite_configuration(store, port, keys):
    """The suite's configuration file: who has which keys at this endpoint."""
    host = "127.0.0.1"
    lines = ["[DEFAULT]", f"host = {host}", f"port = {port}", "is_secure = False", "ssl_verify = False"]
    lines += ["[fixtures]", "bucket prefix = conformance-{random}-"]
    for section, name in (("s3 main", "main"), ("s3 alt", "alt"), ("s3 tenant", "tenant"), ("iam", "iam")):
        account = store.accounts[name]
        access_key, secret_key = keys[name]
        lines += [f"[{section}]", f"display_name = {account.display_name}", f"user_id = {account.user_id}"]
        lines += [f"email = {account.email}", f"access_key = {access_key}", f"secret_key = {secret_key}"]
        if name == "main" and store.location:
            lines.append(f"api_name = {store.location}")
        if name == "tenant":
            lines.append("tenant = testx")
    for section, name in (("iam root", "main"), ("iam alt root", "alt")):
        access_key, secret_key = keys[name]
        lines += [f"[{section}]", f"access_key = {access_key}", f"secret_key = {secret_key}"]
        lines += [f"user_id = {name}", f"email = {name}@example.com"]
    return "\n".join(lines) + "\n"


def run(suite, store, name, place, arguments):
    """One time through the suite; the results by case."""
    results = WORK / f"{store.name}-{name}.json"
    results.unlink(missing_ok=True)
    with place as (port, keys):
        config = WORK / f"{store.name}-{name}.conf"
        config.write_text(suite_configuration(store, port, keys))
        command = [sys.executable, "-m", "pytest", "-q", "--tb=short", "--timeout=120", "-m", MARKS]
        command += ["-p", "no:cacheprovider", "-p", "suite_plugin", *(arguments or ["--no-summary"]), *FILES]
        environment = {**os.environ, "S3TEST_CONF": str(config), "CONFORMANCE_RESULTS": str(results)}
        subprocess.run(command, cwd=suite, env=environment, stdin=subprocess.DEVNULL)
    if not results.exists():
        raise Failed("the suite did not run")
    return json.loads(results.read_text())


def suite_version(suite):
    said = subprocess.run(["git", "-C", suite, "log", "-1", "--format=%h of %cs"], capture_output=True, text=True)
    return said.stdout.strip() or "of no known commit"


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--suite")
    parser.add_argument("--store", choices=STORES, required=True)
    parser.add_argument("--again", nargs="+", choices=RUNS, default=RUNS)
    parser.add_argument("--record-only", action="store_true")
    split = sys.argv.index("--") if "--" in sys.argv else len(sys.argv)
    options, arguments = parser.parse_args(sys.argv[1:split]), sys.argv[split + 1 :]
    WORK.mkdir(parents=True, exist_ok=True)
    if options.record_only:
        facts = json.loads((WORK / f"{options.store}.json").read_text())
    else:
        suite = os.path.abspath(options.suite or "")
        if not os.path.exists(os.path.join(suite, FILES[0])):
            raise Failed(f"{suite} is no checkout of https://github.com/ceph/s3-tests: clone it and name it with SUITE=")
        if not BUILT:
            build()
        facts = {"suite": suite_version(suite), "results": {}}
        for name in set(RUNS) - set(options.again):
            facts["results"][name] = json.loads((WORK / f"{options.store}-{name}.json").read_text())
        with STORES[options.store]() as store:
            facts |= {"version": store.version, "preset": PRESETS[store.name]}
            for name in options.again:
                place = straight(store) if name == "direct" else through(store, name)
                facts["results"][name] = run(suite, store, name, place, arguments)
        if arguments:
            return 0
        (WORK / f"{options.store}.json").write_text(json.dumps(facts, indent=1))
    return record.write(options.store, facts)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failed as failure:
        print(f"conformance: FAILED: {failure}", flush=True)
        sys.exit(1)
