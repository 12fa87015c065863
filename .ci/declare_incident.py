"""Declare an incident in the practice workspace on $PORT, and wait for its headline."""

import json
import os
import sys
import time
import urllib.request

WORKSPACE = f"http://127.0.0.1:{os.environ['PORT']}/workspace/control/"
TITLE = "Checkout is failing"


def main() -> None:
    do("messages", {"as": "ana", "channel": "general", "text": f"/incident {TITLE}"})
    view = see("views?as=ana")["views"][-1]
    do(f"views/{view['id']}/submit", {"values": {"report": TITLE}})
    ends = time.monotonic() + 30
    while TITLE not in json.dumps(see("messages?as=ana&channel=incidents")):
        if time.monotonic() > ends:
            sys.exit("The headline was not posted.")
        time.sleep(0.2)


def do(path: str, fields: dict) -> dict:
    return ask(path, json.dumps(fields).encode())


def see(path: str) -> dict:
    return ask(path, None)


def ask(path: str, body: bytes | None) -> dict:
    json_body = {"Content-Type": "application/json"}
    request = urllib.request.Request(WORKSPACE + path, body, json_body)  # noqa: S310  our own
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
        return json.load(answer)


if __name__ == "__main__":
    main()
