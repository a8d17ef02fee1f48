"""Fixtures: each test runs once for every `--target`, and for regions and addressing styles it names."""

import hashlib
import uuid

import pytest
import sitecustomize
from helpers import empty, person
from target import REGIONS, STYLES, Target, scratch

MIB = 1024 * 1024


def pytest_addoption(parser):
    parser.addoption("--target", action="append", default=[], help="a target's JSON file; may repeat")


def pytest_configure(config):
    targets = [Target.load(path) for path in config.getoption("--target")]
    sitecustomize.install({name for target in targets for name in target.hosts})
    config.e2e_targets = targets
    config.e2e_figures = []


def pytest_generate_tests(metafunc):
    if "target" in metafunc.fixturenames:
        targets = metafunc.config.e2e_targets
        metafunc.parametrize("target", targets, ids=[t.name for t in targets], scope="session")
    for name, values in {"region": REGIONS, "style": STYLES}.items():
        if name in metafunc.fixturenames:
            metafunc.parametrize(name, values)


def pytest_collection_modifyitems(config, items):
    def elsewhere(item):
        parameters = item.callspec.params if hasattr(item, "callspec") else {}
        return "region" in parameters and parameters["region"] not in parameters["target"].regions

    config.hook.pytest_deselected(items=[item for item in items if elsewhere(item)])
    items[:] = [item for item in items if not elsewhere(item)]

    # One target after the other, whatever file a test is in; what was logged, last.
    def place(item):
        parameters = item.callspec.params if hasattr(item, "callspec") else {}
        target = parameters.get("target")
        return (target.name if target else "", item.path.name == "test_log.py", item.path.name, item.location[1])

    items.sort(key=place)


def pytest_terminal_summary(terminalreporter, config):
    if config.e2e_figures:
        terminalreporter.section("figures")
        for figure in config.e2e_figures:
            terminalreporter.write_line(figure)


@pytest.fixture
def figure(request):
    """Prints a measured figure at the end of the run."""
    return request.config.e2e_figures.append


@pytest.fixture
def needs(target):
    """Skips a test that the target cannot do, with the target's reason."""

    def check(*features):
        for feature in features:
            if feature in target.lacks:
                pytest.skip(f"{target.name} lacks {feature}: {target.lacks[feature]}")

    return check


@pytest.fixture
def alice(target):
    return person(target, "alice")


@pytest.fixture
def bob(target):
    return person(target, "bob")


@pytest.fixture
def bucket(target):
    return target.bucket


@pytest.fixture
def prefix(target, alice, bucket):
    """A prefix of alice's that is empty before and after."""
    prefix = f"alice/{uuid.uuid4().hex[:12]}/"
    yield prefix
    empty(alice.s3(), bucket, prefix)


@pytest.fixture
def secret(target, bob, bucket):
    """An object of bob's, which must still be the same after the test."""
    key = f"bob/{uuid.uuid4().hex[:12]}/secret.txt"
    client = bob.s3()
    client.put_object(Bucket=bucket, Key=key, Body=b"bob's own")
    yield key
    assert client.get_object(Bucket=bucket, Key=key)["Body"].read() == b"bob's own"
    client.delete_object(Bucket=bucket, Key=key)


@pytest.fixture(scope="session")
def big_file():
    """100 MiB in which no two blocks are the same, and their SHA-256."""
    path = scratch() / "100-mib"
    digest = hashlib.sha256()
    with path.open("wb") as file:
        block = hashlib.shake_256(b"seed").digest(MIB - 8)
        for number in range(100):
            piece = number.to_bytes(8, "big") + block
            digest.update(piece)
            file.write(piece)
    yield path, digest.hexdigest()
    path.unlink()
