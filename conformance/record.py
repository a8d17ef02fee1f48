"""Writes docs/conformance/STORE.md from the results of the three runs, and says what has no reason."""

import fnmatch
import pathlib
import re

import yaml
from target import ROOT

HERE = pathlib.Path(__file__).resolve().parent
DOCS = ROOT / "docs" / "conformance"
MODES = {"store": "`authorization: store`", "gateway": "`authorization: gateway`"}


def passed(results):
    return {name for name, outcome in results.items() if outcome == "passed"}


def classes(store, mode, kind):
    """The classes of reasons that hold here, as they are written."""
    written = yaml.safe_load((HERE / "reasons.yaml").read_text())[kind]
    fits = lambda one: store in one.get("stores", [store]) and mode in one.get("modes", [mode])
    return [one for one in written if fits(one)]


def sorted_out(store, mode, kind, names, outcomes):
    """By class, the cases that its patterns have, or whose outcome its text is in; and those of none."""
    rest, sorted_names = set(names), []
    for one in classes(store, mode, kind):
        of_name = lambda name: any(fnmatch.fnmatch(name.split("::")[1], p) for p in one.get("cases", []))
        of_outcome = lambda name: any(text in outcomes[name] for text in one.get("outcomes", []))
        found = sorted(name for name in rest if of_name(name) or of_outcome(name))
        rest -= set(found)
        if found:
            sorted_names.append((one["class"], one["why"], found))
    return sorted_names, sorted(rest)


def listed(groups):
    for title, why, names in groups:
        yield f"- **{title}** ({len(names)}): {why}"
        yield ""
        yield from ("  `" + "`, `".join(name.split("::")[1] for name in names) + "`", "")


def write(store, facts):
    """0, or 1 if a case was lost and nobody says why."""
    results = facts["results"]
    direct = results["direct"]
    base = passed(direct)
    lines = [
        f"# {facts['version']}",
        "",
        f"<!-- Made by `make conformance SUITE=... STORE={store}`. -->",
        "",
        f"[ceph/s3-tests](https://github.com/ceph/s3-tests) {facts['suite']}, `test_s3.py` and `test_headers.py`,",
        f"{len(direct)} cases: straight at the store, and through fakes3pp with `preset: {facts['preset']}`. What is",
        "counted and how to repeat it is in [README.md](README.md).",
        "",
        "| | passed | lost | gained |",
        "|---|---|---|---|",
        f"| straight at the store | {len(base)} | | |",
    ]
    body, missing = [], []
    for mode, title in MODES.items():
        through = passed(results[mode])
        lost, gained = base - through, through - base
        lines.append(f"| {title} | {len(through)} | {len(lost)} | {len(gained)} |")
        for kind, names, outcomes in (("lost", lost, results[mode]), ("gained", gained, direct)):
            groups, rest = sorted_out(store, mode, kind, names, outcomes)
            if names:
                body += [f"## {kind.capitalize()} with {title}", "", *listed(groups)]
            if rest:
                body += [*listed([("Not explained", "", rest)])]
                missing += [(mode, kind, name, outcomes[name]) for name in rest]
    DOCS.mkdir(parents=True, exist_ok=True)
    text = "\n".join([*lines, "", *body]).rstrip() + "\n"
    (DOCS / f"{store}.md").write_text(re.sub(r"\n{3,}", "\n\n", text))
    for mode, kind, name, outcome in missing:
        print(f"conformance: {kind} with {mode}, and no reason is written down: {name}: {outcome[:200]!r}")
    print("\n".join(line for line in lines if line.startswith("|")))
    return 1 if any(kind == "lost" for _, kind, _, _ in missing) else 0
