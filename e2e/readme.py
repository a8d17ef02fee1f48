"""The blocks of the README that are run as they are written."""

import json
import re

from target import ROOT


def block(name):
    """The fenced block after `<!-- e2e:NAME -->`."""
    text = (ROOT / "README.md").read_text()
    blocks = re.findall(rf"<!-- e2e:{name} -->\s*```[a-z]*\n(.*?)```", text, re.DOTALL)
    if len(blocks) != 1:
        raise SystemExit(f"README.md has {len(blocks)} blocks after <!-- e2e:{name} -->, not one")
    return blocks[0]


def write(folder):
    """Writes configuration and role into a folder, and gives the role's ARN."""
    (folder / "roles").mkdir(parents=True, exist_ok=True)
    (folder / "fakes3pp.yaml").write_text(block("config"))
    role = block("role")
    arn = json.loads(role)["Arn"]
    (folder / "roles" / f"{arn.rsplit('/', 1)[1]}.json").write_text(role)
    return arn
