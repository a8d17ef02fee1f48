#!/usr/bin/env python3
"""How many small GETs one kept connection makes in a second, for each of some presigned URLs.

    e2e/small_gets.py URL...

Straight to a store and through the gateway, it shows what the store's way of answering costs: head and
body written apart, with Nagle's algorithm on, take 44 ms.
"""

import http.client
import sys
import time
from urllib.parse import urlsplit

SECONDS = 5


def rate(url):
    parts = urlsplit(url)
    kinds = {"http": http.client.HTTPConnection, "https": http.client.HTTPSConnection}
    connection = kinds[parts.scheme](parts.netloc)
    answered, start = 0, time.monotonic()
    while (elapsed := time.monotonic() - start) < SECONDS:
        connection.request("GET", f"{parts.path}?{parts.query}")
        response = connection.getresponse()
        body = response.read()
        if response.status != 200:
            sys.exit(f"{parts.netloc}: {response.status} {body.decode(errors='replace')}")
        answered += 1
    return answered / elapsed


for url in sys.argv[1:]:
    print(f"{rate(url):8.1f} a second from {urlsplit(url).netloc}")
