"""What the gateway wrote down during all other tests. Runs last."""

import pathlib
import re

import pytest
from helpers import person


@pytest.fixture
def log(target, needs):
    needs("login")
    return pathlib.Path(target.log).read_text(errors="replace")


@pytest.mark.parametrize("name", ["alice", "bob"])
def test_no_secret_of_a_session_is_in_the_log(target, log, name):
    keys = person(target, name).login["Credentials"]
    assert keys["SecretAccessKey"] not in log
    # A stretch from the middle: the start of a token tells its version and key.
    middle = len(keys["SessionToken"]) // 2
    assert keys["SessionToken"][middle : middle + 24] not in log


@pytest.mark.parametrize(
    "shape",
    [
        r"X-Amz-Signature=[0-9a-f]{16}",
        r"[&? ]Signature=[0-9A-Za-z+/%]{16}",
        r"[Ss]ecurity-[Tt]oken=[0-9A-Za-z+/%]{16}",
        r"eyJ[\w-]+\.eyJ[\w-]+\.[\w-]{16}",
        r"PRIVATE KEY",
        r"rgw-main-secret-key",
    ],
)
def test_no_shape_of_a_secret_is_in_the_log(log, shape):
    assert [line[:200] for line in log.splitlines() if re.search(shape, line)][:3] == []


def test_a_denial_is_in_the_log_with_its_reason(target, alice, bucket, log):
    lines = [line for line in log.splitlines() if "bob/" in line and "GetObject" in line]
    assert lines, "no line about GetObject of bob/"
