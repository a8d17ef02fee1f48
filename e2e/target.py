"""What the tests talk to: an S3 endpoint, how to become alice and bob there, and what it lacks.

`run.py` writes a target as JSON; the tests load it with `--target FILE`. The same tests run against the
gateway in front of RGW, against the demo, and straight against RGW, which proves the tests.
"""

import dataclasses
import functools
import http.client
import json
import os
import pathlib
import ssl
import tempfile
import urllib.parse
import urllib.request

import boto3
import botocore
import botocore.config

ROOT = pathlib.Path(__file__).resolve().parent.parent
WORK = ROOT / "target" / "e2e"
VENV = WORK / "venv"
REGIONS = ["us-east-1", "eu-central-1", "mars-north-1"]
STYLES = ["path", "virtual"]


@dataclasses.dataclass
class Target:
    name: str
    # Endpoint for path style, and the domain (with port) that buckets are put before in virtual style.
    s3: str
    domain: str
    bucket: str
    # Per user, either {"access_key", "secret_key"} or {"token_file"} or {"keycloak": issuer}.
    users: dict
    sts: str | None = None
    role_arn: str | None = None
    # A role that its static user may assume, for tables below `warehouse/`.
    tables_role: str | None = None
    # The admin listener.
    admin: str | None = None
    # A CA file for https.
    ca: str | None = None
    # Names that lead to loopback, with everything below them.
    hosts: list = dataclasses.field(default_factory=list)
    # What cannot be tested here, with the reason.
    lacks: dict = dataclasses.field(default_factory=dict)
    # Regions that its tests run in.
    regions: list = dataclasses.field(default_factory=lambda: list(REGIONS))
    # Process whose memory is watched.
    pid: int | None = None
    # A file with `export` lines for alice, where the target makes one.
    env_file: str | None = None
    # The gateway's log.
    log: str | None = None

    @classmethod
    def load(cls, path):
        return cls(**json.loads(pathlib.Path(path).read_text()))

    def save(self):
        path = WORK / "targets" / f"{self.name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(dataclasses.asdict(self), indent=1))
        return path

    @property
    def https(self):
        return self.s3.startswith("https:")

    def endpoint(self, style):
        """The endpoint URL for an addressing style."""
        return self.s3 if style == "path" else f"{self.s3.split(':')[0]}://{self.domain}"

    def send(self, method, url, body=None, headers=()):
        """Sends a request with exactly this target: status, headers, body."""
        parts = urllib.parse.urlsplit(url)
        if parts.scheme == "https":
            connection = http.client.HTTPSConnection(
                parts.netloc, timeout=60, context=ssl.create_default_context(cafile=self.ca)
            )
        else:
            connection = http.client.HTTPConnection(parts.netloc, timeout=60)
        try:
            path = parts.path + ("?" + parts.query if parts.query else "")
            connection.request(method, path, body=body, headers=dict(headers))
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()


class Person:
    """A user of a target. Logs in once, as an SDK would."""

    def __init__(self, target, name):
        self.target = target
        self.name = name
        self.user = target.users[name]
        self._clients = {}
        self._session = boto3.session.Session()

    def token(self, client="fakes3pp"):
        """An ID token (or access token) of the user, fresh from its provider."""
        if "token_file" in self.user:
            return pathlib.Path(self.user["token_file"]).read_text().strip()
        form = urllib.parse.urlencode(
            {
                "grant_type": "password",
                "scope": "openid",
                "client_id": client,
                "username": self.name,
                "password": self.name,
            }
        ).encode()
        url = self.user["keycloak"] + "/protocol/openid-connect/token"
        with urllib.request.urlopen(url, form, timeout=30) as answer:
            return json.load(answer)["access_token"]

    @functools.cached_property
    def token_file(self):
        """A file with a token, as AWS_WEB_IDENTITY_TOKEN_FILE wants it."""
        if "token_file" in self.user:
            return self.user["token_file"]
        handle, path = tempfile.mkstemp(prefix=f"{self.name}-", dir=scratch())
        with os.fdopen(handle, "w") as file:
            file.write(self.token())
        return path

    def sts(self, region="us-east-1", **keys):
        """An STS client: unsigned, unless keys are given."""
        config = {} if keys else {"signature_version": botocore.UNSIGNED}
        return self._session.client(
            "sts",
            region_name=region,
            endpoint_url=self.target.sts,
            verify=self.target.ca,
            config=configuration(**config),
            **keys,
        )

    @functools.cached_property
    def login(self):
        """The answer of AssumeRoleWithWebIdentity."""
        return self.sts().assume_role_with_web_identity(
            RoleArn=self.target.role_arn, RoleSessionName=self.name, WebIdentityToken=self.token()
        )

    @functools.cached_property
    def keys(self):
        """The keys as arguments of a boto3 client."""
        if "access_key" in self.user:
            return {
                "aws_access_key_id": self.user["access_key"],
                "aws_secret_access_key": self.user["secret_key"],
            }
        credentials = self.login["Credentials"]
        return {
            "aws_access_key_id": credentials["AccessKeyId"],
            "aws_secret_access_key": credentials["SecretAccessKey"],
            "aws_session_token": credentials["SessionToken"],
        }

    def s3(self, region="us-east-1", style="path", keys=None, **config):
        """An S3 client for a region and an addressing style; with further settings of botocore."""
        cache = (region, style, repr(keys), repr(sorted(config.items())))
        if cache not in self._clients:
            self._clients[cache] = self._session.client(
                "s3",
                region_name=region,
                endpoint_url=self.target.endpoint(style),
                verify=self.target.ca,
                config=configuration(s3={"addressing_style": style}, **config),
                **(self.keys if keys is None else keys),
            )
        return self._clients[cache]

    def environment(self, region="us-east-1"):
        """The environment in which a tool of AWS is this user, and nothing of this machine's."""
        environment = {
            "PATH": f"{VENV / 'bin'}:{os.environ['PATH']}",
            "HOME": str(scratch()),
            "LANG": "C.UTF-8",
            "PYTHONPATH": str(ROOT / "e2e" / "hosts"),
            "PYTHONDONTWRITEBYTECODE": "1",
            "E2E_HOSTS": ",".join(self.target.hosts),
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_ENDPOINT_URL_S3": self.target.s3,
            "AWS_REGION": region,
            "AWS_DEFAULT_REGION": region,
        }
        if self.target.ca:
            environment["AWS_CA_BUNDLE"] = self.target.ca
        if "access_key" in self.user:
            environment["AWS_ACCESS_KEY_ID"] = self.user["access_key"]
            environment["AWS_SECRET_ACCESS_KEY"] = self.user["secret_key"]
        else:
            environment["AWS_ENDPOINT_URL_STS"] = self.target.sts
            environment["AWS_ROLE_ARN"] = self.target.role_arn
            environment["AWS_ROLE_SESSION_NAME"] = self.name
            environment["AWS_WEB_IDENTITY_TOKEN_FILE"] = self.token_file
        return environment


def configuration(**settings):
    """Settings of botocore with which a failure shows at once and as it is."""
    settings = {"retries": {"max_attempts": 1}, "connect_timeout": 10, "read_timeout": 120, **settings}
    return botocore.config.Config(**settings)


def scratch():
    """A folder for what the tests write."""
    folder = WORK / "scratch"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
