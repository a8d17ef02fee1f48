#!/usr/bin/env python3
"""Drives unmodified S3 clients against the demo, each from its registry, and writes docs/clients.md.

    clients/run.py [NAME...]       all of them, or these

Each logs in as alice (by the AssumeRoleWithWebIdentity of its SDK where it has one, else with temporary keys
that were fetched for it) and does the same: upload, upload in parts, list, read a range, copy, delete, presign.
It does so twice: with the bucket in the path, and with the bucket in the host name. The latter needs a name that
resolves, so the program goes on in a mount namespace with an /etc/hosts of its own, where it may have one.

E2E_BINARIES=FOLDER takes the binaries from there instead of building them.
"""

import argparse
import contextlib
import datetime
import hashlib
import itertools
import json
import os
import pathlib
import random
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.parse
import urllib.request
import venv

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
WORK = ROOT / "target" / "clients"
SMALL = b"hello, client\n"
STYLES = ["path", "virtual"]
DOMAIN = "s3.clients.test"
BUCKET_HOST = f"demo.{DOMAIN}"
STEPS = ["upload", "parts", "list", "range", "copy", "delete", "presign"]


class Failed(Exception):
    """Something that everything else needs does not work."""


class NotTried(Exception):
    """What a client needs is not to be had on this machine, which is nobody's fault."""


def run(*command, env=None, cwd=None, timeout=900):
    """The output of a command; what it says when it fails."""
    words = [str(word) for word in command]
    done = subprocess.run(words, env=env, cwd=cwd, capture_output=True, timeout=timeout)
    if done.returncode != 0:
        said = (done.stderr + done.stdout).decode(errors="replace").strip().splitlines()
        raise Failed(f"{words[0].rsplit('/', 1)[-1]}: {' '.join(said[-3:])[:400]}")
    return done.stdout


def resolves(name):
    """Whether it is this machine."""
    try:
        return socket.gethostbyname(name) == "127.0.0.1"
    except OSError:
        return False


def find_bucket_host():
    """Begins anew where BUCKET_HOST resolves, if there is such a place. DOMAIN itself does not, so that a request
    with the bucket in its path arrives nowhere."""
    if resolves(BUCKET_HOST) or not shutil.which("unshare"):
        return
    hosts = WORK / "hosts"
    hosts.write_text(pathlib.Path("/etc/hosts").read_text().rstrip() + f"\n127.0.0.1 {BUCKET_HOST}\n")
    tried = [sys.executable, "-c", f"import socket; socket.gethostbyname('{BUCKET_HOST}')"]
    for namespace in (["--mount"], ["--map-root-user", "--mount"]):
        there = ["unshare", *namespace, "sh", "-ec", 'mount --bind "$0" /etc/hosts; exec "$@"', str(hosts)]
        if subprocess.run([*there, *tried], capture_output=True).returncode == 0:
            os.execvp(there[0], [*there, sys.executable, str(HERE / "run.py"), *sys.argv[1:]])


def python():
    """An interpreter with the clients that are Python's."""
    folder = WORK / "venv"
    if not (folder / "bin" / "python").exists():
        venv.create(folder, with_pip=True)
    run(folder / "bin" / "pip", "install", "-q", "--disable-pip-version-check", "-r", HERE / "requirements.txt")
    return folder / "bin"


@contextlib.contextmanager
def process(name, command, ready, **options):
    """A process that ends with the block, once it is ready."""
    log = WORK / f"{name}.log"
    with log.open("wb") as out:
        child = subprocess.Popen([str(word) for word in command], stdout=out, stderr=out, **options)
    try:
        for _ in range(300):
            if ready() or child.poll() is not None:
                break
            time.sleep(0.1)
        if not ready():
            raise Failed(f"{name} does not start: see {log}")
        yield
    finally:
        child.terminate()
        try:
            child.wait(timeout=30)
        except subprocess.TimeoutExpired:
            child.kill()


@contextlib.contextmanager
def gateway():
    """The demo's store and identity provider, and a gateway of our own before them, with another role: many clients
    look whether an object is there, and who may not list is told 403 of one that is not (as on AWS)."""
    binaries = pathlib.Path(os.environ.get("E2E_BINARIES") or TARGET / "release").resolve()
    if not os.environ.get("E2E_BINARIES"):
        run("cargo", "build", "-q", "--release", "--locked", "-p", "gateway", "-p", "demo", cwd=ROOT, timeout=3600)
    state, env_file = WORK / "demo", WORK / "demo.env"
    env_file.unlink(missing_ok=True)
    command = [binaries / "demo", "--port", "0", "--env-file", env_file, "--dir", state]
    with process("demo", command, env_file.exists, cwd=WORK):
        lines = [line.removeprefix("export ") for line in env_file.read_text().splitlines() if "=" in line]
        exports = dict(line.split("=", 1) for line in lines)
        folder, port = WORK / "gateway", free_port()
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(state, folder, ignore=shutil.ignore_patterns("store", "tokens"))
        config = folder / "fakes3pp.yaml"
        text = config.read_text().replace('"127.0.0.1:0"', f'"127.0.0.1:{port}"')
        config.write_text(text.replace("domains: [", f'domains: ["{DOMAIN}",'))
        role = json.loads((folder / "roles" / "demo-user.json").read_text())
        statements = [
            {"Effect": "Allow", "Action": "s3:*", "Resource": "arn:aws:s3:::demo/alice/*"},
            {"Effect": "Allow", "Action": ["s3:ListBucket", "s3:GetBucketLocation"], "Resource": "arn:aws:s3:::demo"},
        ]
        document = {"Version": "2012-10-17", "Statement": statements}
        role["Policies"] = [{"PolicyName": "clients", "PolicyDocument": document}]
        (folder / "roles" / "demo-user.json").write_text(json.dumps(role))
        command = [binaries / "fakes3pp", "serve", "--config", config]
        with process("gateway", command, lambda: listens(port), cwd=folder):
            endpoint = f"http://127.0.0.1:{port}"
            yield {**exports, "AWS_ENDPOINT_URL_S3": endpoint, "AWS_ENDPOINT_URL_STS": endpoint}


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def listens(port):
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) == 0


class Client:
    """What every client is given, and what is looked at from outside."""

    def __init__(self, name, style, exports, keys, tools):
        self.style, self.tools = style, tools
        self.folder = WORK / name / style
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        self.prefix = f"alice/clients/{name}/{style}/"
        address = exports["AWS_ENDPOINT_URL_S3"]
        self.endpoint = address.replace("127.0.0.1", DOMAIN) if self.virtual else address
        self.host = self.endpoint.split("://", 1)[1]
        self.keys = keys
        base = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        base["AWS_CONFIG_FILE"] = base["AWS_SHARED_CREDENTIALS_FILE"] = "/dev/null"
        self.login = {**base, **exports, "AWS_ENDPOINT_URL_S3": self.endpoint}
        self.session = {
            **base,
            "AWS_ACCESS_KEY_ID": keys["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": keys["SecretAccessKey"],
            "AWS_SESSION_TOKEN": keys["SessionToken"],
            "AWS_REGION": exports["AWS_REGION"],
        }
        self.region = exports["AWS_REGION"]
        self.small, self.large = WORK / "small", WORK / "large"
        self.results = {}

    @property
    def virtual(self):
        return self.style == "virtual"

    def step(self, name, act):
        """Does a step, and keeps why it did not work."""
        try:
            act()
            self.results[name] = "ok"
        except (Failed, AssertionError, OSError, subprocess.TimeoutExpired) as error:
            self.results[name] = f"FAILED: {error}"

    def fetch(self, url):
        """What anybody gets by a presigned URL."""
        host = urllib.parse.urlsplit(url).hostname
        assert host == (BUCKET_HOST if self.virtual else "127.0.0.1"), f"a URL of {host}"
        with urllib.request.urlopen(url, timeout=30) as answer:
            assert answer.read() == SMALL, "another content"

    def driven(self, command, **options):
        """A program that does the steps by itself: it prints `ok STEP`, `FAILED STEP: why`, `url URL`."""
        env = {
            **self.login,
            "CLIENT_STYLE": self.style,
            "CLIENT_BUCKET": "demo",
            "CLIENT_PREFIX": self.prefix,
            "CLIENT_SMALL": str(self.small),
            "CLIENT_LARGE": str(self.large),
        }
        said = run(*command, env={**env, **options.pop("env", {})}, **options).decode()
        # Maven ends its colours before it lets the program write.
        for line in re.sub(r"\x1b\[[0-9;]*m", "", said).splitlines():
            word, _, rest = line.partition(" ")
            if word == "ok":
                self.results[rest] = "ok"
            elif word == "FAILED":
                step, _, why = rest.partition(":")
                self.results[step] = f"FAILED:{why}"
            elif word == "url":
                self.step("presign", lambda url=rest: self.fetch(url))


def same(path, wanted):
    digest = [hashlib.sha256(pathlib.Path(one).read_bytes()).hexdigest() for one in (path, wanted)]
    assert digest[0] == digest[1], "another content came back"


def aws_cli(client):
    """AWS CLI (PyPI `awscli`), logged in by itself."""
    config = client.folder / "config"
    config.write_text(f"[default]\ns3 =\n    addressing_style = {client.style}\n")
    aws = lambda *words: run(client.tools / "aws", *words, env={**client.login, "AWS_CONFIG_FILE": str(config)})
    at = f"s3://demo/{client.prefix}"
    back = client.folder / "back"

    def parts():
        aws("s3", "cp", client.large, at + "large")
        aws("s3", "cp", at + "large", back)
        same(back, client.large)

    def ranged():
        api = ["s3api", "get-object", "--bucket", "demo", "--key", client.prefix + "small"]
        aws(*api, "--range", "bytes=7-12", back)
        assert back.read_bytes() == SMALL[7:13]

    def gone():
        aws("s3", "rm", at + "copied")
        assert b"copied" not in aws("s3", "ls", at)

    client.step("upload", lambda: aws("s3", "cp", client.small, at + "small"))
    client.step("parts", parts)
    client.step("list", lambda: listed(aws("s3", "ls", at)))
    client.step("range", ranged)
    client.step("copy", lambda: aws("s3", "cp", at + "small", at + "copied"))
    client.step("delete", gone)
    client.step("presign", lambda: client.fetch(aws("s3", "presign", at + "small").decode().strip()))
    return run(client.tools / "aws", "--version").decode().split()[0].replace("/", " ")


def listed(said):
    assert b"small" in said and b"large" in said, f"not listed: {said!r}"


def boto3(client):
    """boto3 (PyPI), logged in by itself."""
    client.driven([client.tools / "python", HERE / "boto3_client.py"])
    return version(client, "boto3")


def minio_py(client):
    """minio-py (PyPI `minio`), with temporary keys."""
    env = {**client.session, "CLIENT_ENDPOINT": client.host}
    client.driven([client.tools / "python", HERE / "minio_client.py"], env=env)
    return version(client, "minio")


def version(client, package):
    shown = run(client.tools / "pip", "show", package).decode()
    return f"{package} " + next(line.split()[1] for line in shown.splitlines() if line.startswith("Version"))


def s3cmd(client):
    """s3cmd (PyPI), with temporary keys."""
    bucket = f"%(bucket)s.{client.host}" if client.virtual else client.host
    config = client.folder / "config"
    config.write_text(
        "[default]\n"
        f"access_key = {client.keys['AccessKeyId']}\n"
        f"secret_key = {client.keys['SecretAccessKey']}\n"
        f"access_token = {client.keys['SessionToken']}\n"
        f"host_base = {client.host}\nhost_bucket = {bucket}\nuse_https = False\nbucket_location = {client.region}\n"
        "multipart_chunk_size_mb = 5\n"
    )
    call = lambda *words: run(client.tools / "s3cmd", "-c", config, "--no-progress", *words, env=client.session)
    at, back = f"s3://demo/{client.prefix}", client.folder / "back"

    def parts():
        call("put", client.large, at + "large")
        call("get", "--force", at + "large", back)
        same(back, client.large)

    def ranged():
        # It continues a download that was broken off.
        back.write_bytes(SMALL[:7])
        call("get", "--continue", at + "small", back)
        assert back.read_bytes() == SMALL

    def gone():
        call("del", at + "copied")
        assert b"copied" not in call("ls", at)

    client.step("upload", lambda: call("put", client.small, at + "small"))
    client.step("parts", parts)
    client.step("list", lambda: listed(call("ls", at)))
    client.step("range", ranged)
    client.step("copy", lambda: call("cp", at + "small", at + "copied"))
    client.step("delete", gone)
    client.results["presign"] = "HMACv1 without session tokens: only with a user's keys"
    return version(client, "s3cmd")


def curl(client):
    """curl with `--aws-sigv4` (Debian), with temporary keys."""
    keys = client.keys
    base = ["curl", "-sS", "--fail-with-body", "--aws-sigv4", f"aws:amz:{client.region}:s3"]
    base += ["--user", f"{keys['AccessKeyId']}:{keys['SecretAccessKey']}"]
    base += ["-H", f"x-amz-security-token: {keys['SessionToken']}"]
    call = lambda *words: run(*base, *words)
    bucket = f"http://demo.{client.host}" if client.virtual else f"{client.endpoint}/demo"
    at = f"{bucket}/{client.prefix}"
    unsigned = ["-H", "x-amz-content-sha256: UNSIGNED-PAYLOAD"]
    client.step("upload", lambda: call("-T", client.small, *unsigned, at + "small"))

    def parts():
        started = call("-X", "POST", *unsigned, at + "large?uploads=").decode()
        upload = started.split("<UploadId>")[1].split("<")[0]
        document, size = "", 5 * 1024 * 1024
        data = client.large.read_bytes()
        for number, start in enumerate(range(0, len(data), size), 1):
            piece = client.folder / "piece"
            piece.write_bytes(data[start : start + size])
            head = call("-D", "-", "-T", piece, *unsigned, f"{at}large?partNumber={number}&uploadId={upload}").decode()
            etag = next(line.split(":", 1)[1].strip() for line in head.splitlines() if line.lower().startswith("etag"))
            document += f"<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>"
        done = f"<CompleteMultipartUpload>{document}</CompleteMultipartUpload>"
        call("-X", "POST", *unsigned, "--data-binary", done, "-H", "content-type: text/xml", f"{at}large?uploadId={upload}")
        back = client.folder / "back"
        call("-o", back, *unsigned, at + "large")
        same(back, client.large)

    def ranged():
        assert call("-r", "7-12", *unsigned, at + "small") == SMALL[7:13]

    def copied():
        call("-X", "PUT", *unsigned, "-H", f"x-amz-copy-source: /demo/{client.prefix}small", at + "copied")

    def gone():
        call("-X", "DELETE", *unsigned, at + "copied")
        call("-o", "/dev/null", *unsigned, at + "small")

    client.step("parts", parts)
    query = f"?list-type=2&prefix={client.prefix.replace('/', '%2F')}"
    client.step("list", lambda: listed(call(*unsigned, f"{bucket}/{query}")))
    client.step("range", ranged)
    client.step("copy", copied)
    client.step("delete", gone)
    client.results["presign"] = "it has none"
    return " ".join(run("curl", "--version").decode().split()[:2])


def javascript(client):
    """AWS SDK for JavaScript v3 (npm), logged in by itself."""
    folder = WORK / "npm"
    folder.mkdir(exist_ok=True)
    for name in ("package.json", "client.mjs"):
        shutil.copy(HERE / "javascript" / name, folder)
    run("npm", "install", "--silent", "--no-audit", "--no-fund", cwd=folder)
    client.driven(["node", folder / "client.mjs"], cwd=folder)
    shown = run("node", "-p", "require('@aws-sdk/client-s3/package.json').version", cwd=folder).decode().strip()
    return f"@aws-sdk/client-s3 {shown}"


def go(client):
    """AWS SDK for Go v2 (Go modules), logged in by itself."""
    folder = WORK / "go-sdk"
    folder.mkdir(exist_ok=True)
    for name in ("go.mod", "main.go"):
        shutil.copy(HERE / "go" / name, folder)
    environment = {**os.environ, "GOFLAGS": "-mod=mod"}
    run("go", "build", "-o", "client", ".", cwd=folder, env=environment)
    client.driven([folder / "client"])
    lines = run("go", "list", "-m", "github.com/aws/aws-sdk-go-v2/service/s3", cwd=folder, env=environment).decode()
    return "aws-sdk-go-v2/service/s3 " + lines.split()[1]


def java(client):
    """AWS SDK for Java v2 (Maven), logged in by itself."""
    folder = WORK / "java"
    shutil.copytree(HERE / "java", folder, dirs_exist_ok=True)
    command = ["mvn", "-q", "-B", "compile", "exec:java", "-Dexec.mainClass=Client", "-Dexec.cleanupDaemonThreads=false"]
    client.driven(command, cwd=folder)
    pom = (folder / "pom.xml").read_text()
    return "software.amazon.awssdk " + pom.split("<aws.sdk>")[1].split("<")[0]


def rust(client):
    """AWS SDK for Rust (crates.io), logged in by itself."""
    folder = WORK / "rust"
    shutil.copytree(HERE / "rust", folder, dirs_exist_ok=True)
    run("cargo", "build", "-q", cwd=folder, env={**os.environ, "CARGO_TARGET_DIR": str(folder / "target")})
    client.driven([folder / "target" / "debug" / "client"])
    lines = (folder / "Cargo.lock").read_text().split('name = "aws-sdk-s3"\nversion = "')
    return "aws-sdk-s3 " + lines[1].split('"')[0]


def rclone(client):
    """rclone (Go module), logged in by its SDK."""
    folder = WORK / "rclone-bin"
    binary = folder / "rclone"
    if not binary.exists():
        run("go", "install", "github.com/rclone/rclone@latest", env={**os.environ, "GOBIN": str(folder)})
    env = {
        **client.login,
        "RCLONE_CONFIG": "/dev/null",
        "RCLONE_CONFIG_GW_TYPE": "s3",
        "RCLONE_CONFIG_GW_PROVIDER": "Other",
        "RCLONE_CONFIG_GW_ENV_AUTH": "true",
        "RCLONE_CONFIG_GW_ENDPOINT": client.endpoint,
        "RCLONE_CONFIG_GW_REGION": client.region,
        "RCLONE_CONFIG_GW_FORCE_PATH_STYLE": "false" if client.virtual else "true",
        "RCLONE_S3_NO_CHECK_BUCKET": "true",
        "RCLONE_S3_UPLOAD_CUTOFF": "5Mi",
        "RCLONE_S3_CHUNK_SIZE": "5Mi",
    }
    call = lambda *words: run(binary, *words, env=env)
    at, back = f"gw:demo/{client.prefix}", client.folder / "back"

    def parts():
        call("copyto", client.large, at + "large")
        call("copyto", at + "large", back)
        same(back, client.large)

    def ranged():
        assert call("cat", "--offset", "7", "--count", "6", at + "small") == SMALL[7:13]

    def gone():
        call("deletefile", at + "copied")
        assert b"copied" not in call("lsf", at)

    client.step("upload", lambda: call("copyto", client.small, at + "small"))
    client.step("parts", parts)
    client.step("list", lambda: listed(call("lsf", at)))
    client.step("range", ranged)
    client.step("copy", lambda: call("copyto", at + "small", at + "copied"))
    client.step("delete", gone)
    client.step("presign", lambda: client.fetch(call("link", "--expire", "5m", at + "small").decode().strip()))
    return " ".join(run(binary, "version").decode().split()[:2])


def fuse():
    """Installs s3fs where that may be done, and looks whether anything can be mounted."""
    if not shutil.which("s3fs"):
        install = "apt-get -qq update && apt-get -qqy install s3fs"
        try:
            run("sh", "-c", install, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"})
        except Failed:
            raise NotTried(f"it is not installed ({install})") from None
    try:
        os.close(os.open("/dev/fuse", os.O_RDWR))
    except OSError as error:
        raise NotTried(f"/dev/fuse: {error.strerror}") from None


@contextlib.contextmanager
def mounted(client):
    """A folder that is the client's prefix until the block ends."""
    at = client.folder / "mount"
    at.mkdir()
    options = [f"url={client.endpoint}", f"endpoint={client.region}", "use_session_token", "multipart_size=5"]
    options += [] if client.virtual else ["use_path_request_style"]
    command = ["s3fs", f"demo:/{client.prefix.rstrip('/')}", at, "-f", "-o", ",".join(options)]
    try:
        with process(f"s3fs-{client.style}", command, at.is_mount, env=client.session):
            yield at
    finally:
        # It does so itself, unless it had to be killed.
        subprocess.run(["fusermount", "-uz", at], capture_output=True)


def s3fs(client):
    """s3fs (Debian), with temporary keys."""
    fuse()

    def ranged():
        with (at / "small").open("rb") as file:
            assert os.pread(file.fileno(), 6, 7) == SMALL[7:13]

    def parts():
        run("cp", client.large, at / "large")
        same(at / "large", client.large)

    def copied():
        # What it has the store copy is a file that is renamed.
        run("cp", at / "small", at / "moved")
        run("mv", at / "moved", at / "copied")
        same(at / "copied", client.small)

    def gone():
        run("rm", at / "copied")
        assert b"copied" not in run("ls", at)

    with mounted(client) as at:
        client.step("upload", lambda: run("cp", client.small, at / "small"))
        client.step("parts", parts)
        client.step("list", lambda: listed(run("ls", at)))
        client.step("range", ranged)
        client.step("copy", copied)
        client.step("delete", gone)
    client.results["presign"] = "it has none"
    return "s3fs " + re.search(r"V([0-9.]+)", run("s3fs", "--version").decode())[1]


CLIENTS = {
    "aws-cli": aws_cli,
    "boto3": boto3,
    "javascript": javascript,
    "go": go,
    "java": java,
    "rust": rust,
    "rclone": rclone,
    "s3cmd": s3cmd,
    "minio-py": minio_py,
    "s3fs": s3fs,
    "curl": curl,
}


def temporary_keys(tools, exports):
    asked = "import boto3, json, os; print(json.dumps(boto3.client('sts').assume_role_with_web_identity("
    asked += "RoleArn=os.environ['AWS_ROLE_ARN'], RoleSessionName='clients',"
    asked += " WebIdentityToken=open(os.environ['AWS_WEB_IDENTITY_TOKEN_FILE']).read())['Credentials'], default=str))"
    return json.loads(run(tools / "python", "-c", asked, env={**os.environ, **exports}))


def table(found):
    lines = [
        "# Clients",
        "",
        "Unmodified clients against the gateway before the embedded store of the demo, as `make clients` found it"
        f" on {datetime.date.today()}.",
        "Each has temporary keys: it logs in with its web identity token by itself where it can, else with keys that",
        "were fetched for it. Each does everything twice: with the bucket in the path (at an address, where there is",
        "no other way), and with the bucket in the host name (below a name that does not resolve by itself).",
        "The embedded store keeps no key that ends with a slash, so s3fs makes no folders there.",
        "",
        "| client | version | style | " + " | ".join(STEPS) + " |",
        "|---|---|---|" + "---|" * len(STEPS),
    ]
    for (_, style), (about, shown, results) in found.items():
        cells = [results.get(step, "not done").replace("|", "\\|") for step in STEPS]
        lines.append(f"| {about.split(',')[0].rstrip('.')} | {shown} | {style} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def tried(client, act):
    """What it is, in which version; or why it could not be run."""
    try:
        if client.virtual and not resolves(BUCKET_HOST):
            raise NotTried("no mount namespace in which the host name of a bucket would resolve")
        return act(client)
    except NotTried as why:
        client.results = dict.fromkeys(STEPS, "not tried")
        return f"not tried: {why}"
    except (Failed, OSError, subprocess.TimeoutExpired) as error:
        return f"could not be run: {error}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(CLIENTS)}")
    names = parser.parse_args().names
    if unknown := set(names) - set(CLIENTS):
        parser.error(f"there is no client {', '.join(sorted(unknown))}")
    WORK.mkdir(parents=True, exist_ok=True)
    find_bucket_host()
    (WORK / "small").write_bytes(SMALL)
    (WORK / "large").write_bytes(random.Random(1).randbytes(12 * 1024 * 1024))
    found = {}
    tools = python()
    with gateway() as exports:
        keys = temporary_keys(tools, exports)
        for name, style in itertools.product(names or CLIENTS, STYLES):
            client = Client(name, style, exports, keys, tools)
            shown = tried(client, CLIENTS[name])
            found[name, style] = (CLIENTS[name].__doc__, shown, client.results)
            for step in STEPS:
                print(f"{name:12} {style:8} {step:8} {client.results.get(step, 'not done')}", flush=True)
            if shown.startswith(("could not", "not tried")):
                print(f"{name:12} {style:8} {shown}", flush=True)
    if not names:
        (ROOT / "docs" / "clients.md").write_text(table(found))
    missing = lambda results: any(results.get(step, "FAILED").startswith("FAILED") for step in STEPS)
    bad = [" ".join(one) for one, (_, shown, results) in found.items() if "could not" in shown or missing(results)]
    if bad:
        sys.exit(f"not everything works with {', '.join(bad)}")


if __name__ == "__main__":
    main()
