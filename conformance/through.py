"""A store straight, and through a gateway that has a user for each account of the store."""

import contextlib
import json
import os
import shutil
import subprocess

from parts import BINARIES, answers, free_port, process
from stores import PRESETS, WORK


@contextlib.contextmanager
def straight(store):
    """The port of the store itself, and by account its keys."""
    keys = {name: (account.access_key, account.secret_key) for name, account in store.accounts.items()}
    yield int(store.endpoint.rsplit(":", 1)[1]), keys


@contextlib.contextmanager
def through(store, authorization):
    """The same of the gateway before it. Each account may do everything, as far as the store lets it."""
    folder = WORK / f"gateway-{store.name}-{authorization}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    environment, keys, users, credentials = {"PATH": os.environ["PATH"]}, {}, [], []
    for name, account in store.accounts.items():
        upper = name.upper()
        keys[name] = (f"AKIA{upper}CONFORMANCE".ljust(20, "0"), f"secret-key-of-{name}-at-the-gateway")
        environment |= {f"OURS_{upper}": keys[name][1], f"ACCESS_{upper}": account.access_key, f"SECRET_{upper}": account.secret_key}
        secret = {"secret_key": {"env": f"OURS_{upper}"}, "policies": ["all.json"]}
        users.append({"name": name, "access_key": keys[name][0], **secret})
        store_keys = {"access_key": {"env": f"ACCESS_{upper}"}, "secret_key": {"env": f"SECRET_{upper}"}}
        credentials.append({"name": name, **store_keys, "when": {"StringEquals": {"aws:username": name}}})
    statement = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    (folder / "all.json").write_text(json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    port, admin = free_port(), free_port()
    configuration = {
        "account_id": "000000000000",
        "listen": {"s3": f"127.0.0.1:{port}", "admin": f"127.0.0.1:{admin}"},
        "domains": ["127.0.0.1"],
        "keys": {"file": "keys.ring"},
        "trusted_proxies": [],
        # A case of the suite asks for what the account has of buckets; another sends this header and means nothing by it.
        "list_buckets": "all",
        "hmac_v1_header": True,
        "harmless_headers": ["x-amz-foo"],
        "stores": [
            {
                "name": store.name,
                "endpoint": store.endpoint,
                "region": store.region,
                "regions": sorted({store.region, "us-east-1"}),
                "preset": PRESETS[store.name],
                "authorization": authorization,
                "credentials": credentials,
            }
        ],
        "users": users,
    }
    # JSON is YAML.
    (folder / "fakes3pp.yaml").write_text(json.dumps(configuration, indent=2))
    command = [BINARIES / "fakes3pp", "keys", "init", "--file", "keys.ring"]
    subprocess.run(command, cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL)
    command = [BINARIES / "fakes3pp", "serve", "--config", "fakes3pp.yaml"]
    ready = lambda: answers(f"http://127.0.0.1:{admin}/readyz")
    with process("fakes3pp serve", command, ready, folder / "log", cwd=folder, env=environment):
        yield port, keys
