"""What is started to test with: services with start scripts, processes of ours, release binaries."""

import contextlib
import os
import pathlib
import signal
import socket
import subprocess
import time
import urllib.request

from target import ROOT

KEEP = os.environ.get("E2E_KEEP") == "1"
BUILT = os.environ.get("E2E_BINARIES")
BINARIES = pathlib.Path(BUILT or pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release")
HERE = ROOT / "e2e"


def say(text):
    print(f"e2e: {text}", flush=True)


def timed(what, started):
    say(f"{what} ({time.monotonic() - started:.0f} s)")


class Failed(Exception):
    """A part that did not come up; says what to do."""


@contextlib.contextmanager
def script(name, **environment):
    """A service with a start script."""
    environment = {**os.environ, **{key: str(value) for key, value in environment.items()}}
    started = time.monotonic()
    try:
        if subprocess.run([HERE / name, "start"], env=environment, stdin=subprocess.DEVNULL).returncode != 0:
            raise Failed(f"{name} start failed")
        timed(f"{name} started", started)
        yield
    finally:
        if not KEEP:
            subprocess.run([HERE / name, "stop"], env=environment, stdout=subprocess.DEVNULL, check=True)


@contextlib.contextmanager
def process(name, command, ready, log, **more):
    """A process of ours until it is told to stop, which it must do in order."""
    with log.open("wb") as output:
        child = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, **more
        )
    try:
        until = time.monotonic() + 60
        while not ready():
            if child.poll() is not None or time.monotonic() > until:
                raise Failed(f"{name} does not answer; end of {log}:\n" + tail(log))
            time.sleep(0.05)
        yield child
        if child.poll() is not None:
            raise Failed(f"{name} ended with {child.returncode} under the tests; end of {log}:\n" + tail(log))
    finally:
        if KEEP:
            say(f"{name} still runs as process {child.pid}")
        elif child.poll() is None:
            child.send_signal(signal.SIGTERM)
            try:
                code = child.wait(45)
            except subprocess.TimeoutExpired:
                child.kill()
                raise Failed(f"{name} did not stop within 45 s of SIGTERM") from None
            if code != 0:
                raise Failed(f"{name} ended with {code} after SIGTERM; end of {log}:\n" + tail(log))


def tail(log):
    return "\n".join(log.read_text(errors="replace").splitlines()[-20:])


def build():
    started = time.monotonic()
    command = ["cargo", "build", "--release", "--locked", "-p", "gateway", "-p", "demo"]
    if subprocess.run(command, cwd=ROOT).returncode != 0:
        raise Failed("the binaries do not build")
    timed("release binaries built", started)


def rgw_environment(**environment):
    """Ports and keys of RGW, as its script has them."""
    environment = {**os.environ, **{key: str(value) for key, value in environment.items()}}
    command = [HERE / "rgw.sh", "env"]
    text = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
    words = text.replace("export ", "").split()
    return dict(word.split("=", 1) for word in words)


def answers(url):
    with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=2) as answer:
        return answer.status == 200
    return False


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def listens(port):
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) == 0
