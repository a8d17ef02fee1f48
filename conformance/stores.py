"""The stores that a record can be made of: each is started, and says who has keys to it."""

import contextlib
import dataclasses
import os
import pathlib
import re
import shutil
import subprocess
import time

import yaml
from parts import BINARIES, Failed, listens, process, rgw_environment, script
from target import ROOT

WORK = ROOT / "target" / "conformance"


@dataclasses.dataclass
class Account:
    """An account of the suite at a store."""

    access_key: str
    secret_key: str
    user_id: str
    display_name: str
    email: str


@dataclasses.dataclass
class Store:
    """A running store."""

    name: str
    version: str
    endpoint: str
    region: str
    # The suite's names of accounts (main, alt, tenant, iam). Where a store has fewer, some are the same.
    accounts: dict
    # The location that the suite asks for, where the store has names for them.
    location: str | None = None


def same(access_key, secret_key, name):
    return Account(access_key, secret_key, name, name, f"{name}@example.com")


# RGW encrypts over plain http, with keys that the suite knows, as the suite wants it.
RGW_SETTINGS = """rgw crypt require ssl = false
rgw crypt s3 kms backend = testing
rgw crypt s3 kms encryption keys = testkey-1=YmluCmJvb3N0CmJvb3N0LWJ1aWxkCmNlcGguY29uZgo= testkey-2=aWIKTWFrZWZpbGUKbWFuCm91dApzcmMKVGVzdGluZwo=
"""


@contextlib.contextmanager
def rgw():
    """Ceph RGW, from Debian's packages. Some cases end its process, which is started again."""
    settings = WORK / "rgw-settings"
    settings.write_text(RGW_SETTINGS)
    more = {"RGW_DIR": WORK / "rgw", "RGW_TLS_PORT": 0, "RGW_EXTRA_CONF": settings, "RGW_RESPAWN": 1}
    with script("rgw.sh", **more):
        environment = {**os.environ, **{key: str(value) for key, value in more.items()}}
        for uid, capabilities in (("testx$ten", ""), ("iam", "roles=*;user-policy=*;oidc-provider=*")):
            name = uid.rsplit("$", 1)[-1].upper()
            words = ["user", uid, f"RGW{name}ACCESSKEY".ljust(20, "0"), f"rgw-{name.lower()}-secret-key", capabilities]
            subprocess.run([ROOT / "e2e" / "rgw.sh", *words], env=environment, check=True)
        store = running_rgw(rgw_environment(**more))
        store.accounts["tenant"] = same("RGWTENACCESSKEY00000", "rgw-ten-secret-key", "testx$ten")
        store.accounts["iam"] = same("RGWIAMACCESSKEY00000", "rgw-iam-secret-key", "iam")
        yield store


def running_rgw(facts):
    """RGW as its script has started it, with the users that the script made."""
    accounts = {
        "main": same(facts["RGW_ACCESS_KEY"], facts["RGW_SECRET_KEY"], "main"),
        "alt": same(facts["RGW_ALT_ACCESS_KEY"], facts["RGW_ALT_SECRET_KEY"], "alt"),
    }
    said = subprocess.run(["radosgw", "--version"], capture_output=True, text=True).stdout
    version = "Ceph RGW " + re.search(r"[0-9.]+", said).group()
    return Store("rgw", version, facts["RGW_ENDPOINT"], "default", accounts, location="default")


@contextlib.contextmanager
def embedded():
    """The store that the demo brings, s3s-fs: it has one pair of keys, so all accounts are one."""
    WORK.mkdir(parents=True, exist_ok=True)
    state, env_file = WORK / "demo", WORK / "demo.env"
    shutil.rmtree(state, ignore_errors=True)
    env_file.unlink(missing_ok=True)
    command = [BINARIES / "demo", "--port", "0", "--env-file", env_file, "--dir", state]
    with process("demo", command, env_file.exists, WORK / "demo.log", cwd=WORK):
        store = yaml.safe_load((state / "fakes3pp.yaml").read_text())["stores"][0]
        keys = [(state / f"store.{kind}-key").read_text().strip() for kind in ("access", "secret")]
        lock = (ROOT / "Cargo.lock").read_text()
        version = "s3s-fs " + re.search(r'name = "s3s-fs"\nversion = "([^"]+)"', lock).group(1)
        accounts = {name: same(*keys, "main") for name in ("main", "alt", "tenant", "iam")}
        yield Store("embedded", version, store["endpoint"], store["region"], accounts)


@contextlib.contextmanager
def minio():
    """MinIO, built from its Go module (four minutes), or MINIO_BIN. Its root user is every account."""
    binary = pathlib.Path(os.environ.get("MINIO_BIN", WORK / "bin" / "minio"))
    if not binary.exists():
        go = ["go", "install", "github.com/minio/minio@latest"]
        if subprocess.run(go, env={**os.environ, "GOBIN": str(binary.parent)}).returncode != 0:
            raise Failed("MinIO cannot be built; give a binary with MINIO_BIN")
    data, port = WORK / "minio", 7495
    shutil.rmtree(data, ignore_errors=True)
    keys = ("conformance-main", "conformance-main-secret")
    environment = {"PATH": os.environ["PATH"], "HOME": str(WORK), "MINIO_ROOT_USER": keys[0], "MINIO_ROOT_PASSWORD": keys[1]}
    environment |= {"MINIO_BROWSER": "off", "MINIO_REGION": "us-east-1", "MINIO_UPDATE": "off", "MINIO_CALLHOME_ENABLE": "off"}
    command = [binary, "server", "--quiet", "--address", f"127.0.0.1:{port}", data]
    with process("minio", command, lambda: listens(port), WORK / "minio.log", env=environment):
        time.sleep(2)
        said = subprocess.run([binary, "--version"], capture_output=True, text=True).stdout
        accounts = {name: same(*keys, "minio") for name in ("main", "alt", "tenant", "iam")}
        yield Store("minio", "MinIO " + said.split()[2], f"http://127.0.0.1:{port}", "us-east-1", accounts)


GARAGE_CONFIGURATION = """
metadata_dir = "{folder}/meta"
data_dir = "{folder}/data"
db_engine = "sqlite"
metadata_fsync = false
data_fsync = false
disable_scrub = true
replication_factor = 1
rpc_bind_addr = "127.0.0.1:7491"
rpc_public_addr = "127.0.0.1:7491"
rpc_secret = "{secret}"
[s3_api]
s3_region = "us-east-1"
api_bind_addr = "127.0.0.1:7490"
root_domain = ".s3.localhost"
[admin]
api_bind_addr = "127.0.0.1:7492"
"""


@contextlib.contextmanager
def garage():
    """Garage, from GARAGE_BIN or the path: it takes a quarter of an hour to build, so that is not done here."""
    binary = os.environ.get("GARAGE_BIN") or shutil.which("garage")
    if not binary:
        build = "cargo install garage --version 2.5.0 --locked --no-default-features --features bundled-libs,sqlite,lmdb"
        raise Failed(f"no Garage: {build}, and set GARAGE_BIN")
    folder = WORK / "garage"
    shutil.rmtree(folder, ignore_errors=True)
    for name in ("meta", "data"):
        (folder / name).mkdir(parents=True)
    config = folder / "garage.toml"
    config.write_text(GARAGE_CONFIGURATION.format(folder=folder, secret=os.urandom(32).hex()))
    environment = {"PATH": os.environ["PATH"], "RUST_LOG": "garage=warn"}

    def garage(*words):
        return subprocess.run([binary, "-c", config, *words], env=environment, capture_output=True, text=True)

    ready = lambda: listens(7490) and garage("status").returncode == 0
    command = [binary, "-c", config, "server", "--single-node"]
    with process("garage", command, ready, WORK / "garage.log", env=environment):
        accounts = {}
        for number, name in enumerate(("main", "alt", "tenant", "iam"), 1):
            keys = f"GK{number:024x}", f"{number:064x}"
            imported = garage("key", "import", "--yes", "-n", name, *keys)
            if imported.returncode != 0 or garage("key", "allow", "--create-bucket", keys[0]).returncode != 0:
                raise Failed(f"Garage takes no key: {imported.stderr}")
            accounts[name] = Account(*keys, keys[0], name, f"{name}@example.com")
        version = "Garage " + re.search(r"[0-9]+\.[0-9.]+", garage("--version").stdout).group()
        yield Store("garage", version, "http://127.0.0.1:7490", "us-east-1", accounts)


STORES = {"rgw": rgw, "garage": garage, "minio": minio, "embedded": embedded}
PRESETS = {"rgw": "ceph-rgw", "garage": "garage", "minio": "minio", "embedded": "s3s-fs"}
