"""Makes host names lead to loopback for one Python program, without touching the machine.

`E2E_HOSTS` is a list of names, separated by commas; each stands for itself and everything below it.
With this folder in PYTHONPATH the interpreter loads this file by itself, so the AWS CLI stays as it is.
"""

import os
import socket

_resolve = socket.getaddrinfo


def install(names):
    """Resolves these names, and all below them, to 127.0.0.1."""
    ends = tuple("." + name for name in names)

    def getaddrinfo(host, *args, **kwargs):
        text = host.decode() if isinstance(host, bytes) else host
        if text and ("." + text).endswith(ends):
            host = "127.0.0.1"
        return _resolve(host, *args, **kwargs)

    socket.getaddrinfo = getaddrinfo


if os.environ.get("E2E_HOSTS"):
    install(os.environ["E2E_HOSTS"].split(","))
