#!/usr/bin/env python3
"""What the program is made of, held against deny.toml: licences, sources and bans of every crate, which needs no
network; then known weaknesses of crates (the RustSec database) and of npm packages, where these can be reached within
a minute. What could not be asked is said to be skipped, and does not fail.

With cargo-deny installed its own check is run in place of the first part: `cargo install cargo-deny --locked`.
usage: scripts/audit.py [--strict]     --strict: what could not be asked fails too
"""
import json
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DATABASE = "https://github.com/rustsec/advisory-db"
REGISTRY = "registry+https://github.com/rust-lang/crates.io-index"


def allowed(expression: str, licences: set[str]) -> bool:
    """Whether an SPDX expression can be kept with these licences alone."""
    words = re.findall(r"\(|\)|[^\s()]+", expression.replace("/", " OR "))
    at = 0

    def one() -> bool:
        nonlocal at
        word = words[at]
        at += 1
        if word == "(":
            held = either()
            at += 1
            return held
        if at < len(words) and words[at] == "WITH":
            word = f"{word} WITH {words[at + 1]}"
            at += 2
        return word in licences

    def both() -> bool:
        nonlocal at
        held = one()
        while at < len(words) and words[at] == "AND":
            at += 1
            held = one() and held
        return held

    def either() -> bool:
        nonlocal at
        held = both()
        while at < len(words) and words[at] == "OR":
            at += 1
            held = both() or held
        return held

    return bool(words) and either()


def crates(config: dict) -> list[str]:
    """Faults in licences, sources and bans."""
    command = ["cargo", "metadata", "--format-version", "1", "--locked", "--all-features"]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if found.returncode:
        return [f"cargo metadata: {found.stderr.strip()[-300:]}"]
    packages = json.loads(found.stdout)["packages"]
    licences = set(config["licenses"]["allow"])
    banned = {ban["crate"]: ban.get("reason", "") for ban in config["bans"].get("deny", [])}
    faults = []
    for package in packages:
        name = f"{package['name']} {package['version']}"
        if package["source"] is None:
            continue
        if package["source"] != REGISTRY:
            faults.append(f"{name}: from {package['source']}, not from the registry")
        if package["name"] in banned:
            faults.append(f"{name}: banned ({banned[package['name']]})")
        licence = package.get("license") or ""
        if not allowed(licence, licences):
            faults.append(f"{name}: licence {licence or 'not stated'}")
    for package in packages:
        for wanted in package["dependencies"] if package["source"] is None else []:
            if wanted["req"] == "*" and not wanted.get("path"):
                faults.append(f"{package['name']} takes any version of {wanted['name']}")
    print(f"crates: {len(packages)} looked at, {len(faults)} faults in licences, sources and bans")
    return faults


def number(version: str) -> tuple:
    """A version as it is compared; what stands before its release comes before it."""
    plain, _, early = version.split("+")[0].partition("-")
    return (*(int(part) for part in plain.split(".")), early == "", early)


def holds(rule: str, version: str) -> bool:
    """Whether a version keeps a rule like `>= 1.2.3, < 2.0.0` or `^1.2.3`."""
    for part in rule.split(","):
        sign, bound = re.match(r"\s*(>=|<=|>|<|=|\^|~)?\s*(\S+)", part).groups()
        full = bound + ".0" * (2 - bound.split("-")[0].count("."))
        low, own = number(full), number(version)
        if sign == "^":
            left = next((at for at, step in enumerate(low[:3]) if step), 2)
            kept = own >= low and own[: left + 1] == low[: left + 1]
        elif sign == "~":
            kept = own >= low and own[:2] == low[:2]
        else:
            kept = {">=": own >= low, "<=": own <= low, ">": own > low, "<": own < low}.get(sign, own == low)
        if not kept:
            return False
    return True


def advisories(config: dict) -> tuple[list[str], str | None]:
    """Crates with a known weakness, or why nobody could be asked."""
    ignored = {one if isinstance(one, str) else one["id"] for one in config.get("advisories", {}).get("ignore", [])}
    with tempfile.TemporaryDirectory() as folder:
        command = ["git", "clone", "--quiet", "--depth", "1", DATABASE, folder]
        try:
            cloned = subprocess.run(command, capture_output=True, text=True, timeout=40)
        except (subprocess.TimeoutExpired, FileNotFoundError) as error:
            return [], str(error)[:120]
        if cloned.returncode:
            return [], (cloned.stderr.strip().splitlines() or ["no answer"])[-1]
        locked = tomllib.loads((ROOT / "Cargo.lock").read_text())["package"]
        versions: dict[str, list[str]] = {}
        for package in locked:
            if package.get("source"):
                versions.setdefault(package["name"], []).append(package["version"])
        faults, seen = [], 0
        for path in Path(folder, "crates").glob("*/*.md"):
            text = path.read_text()
            head = re.search(r"```toml\n(.*?)```", text, re.S)
            if not head or path.parent.name not in versions:
                continue
            entry = tomllib.loads(head.group(1))
            advisory = entry["advisory"]
            seen += 1
            # Notices (unmaintained) are for the eye; weaknesses fail.
            if advisory.get("withdrawn") or advisory.get("informational") or advisory["id"] in ignored:
                continue
            good = entry["versions"].get("patched", []) + entry["versions"].get("unaffected", [])
            for version in versions[path.parent.name]:
                if not any(holds(rule, version) for rule in good):
                    faults.append(f"{path.parent.name} {version}: {advisory['id']}")
        print(f"advisories: {seen} notes on crates of ours read, {len(faults)} hold")
        return faults, None


def npm() -> tuple[list[str], str | None]:
    """npm packages with a weakness that is high or worse, or why nobody could be asked."""
    command = ["npm", "audit", "--json", "--package-lock-only"]
    try:
        asked = subprocess.run(command, cwd=ROOT / "web", capture_output=True, text=True, timeout=20)
        answer = json.loads(asked.stdout)
    except (subprocess.TimeoutExpired, FileNotFoundError, json.JSONDecodeError) as error:
        return [], str(error)[:120]
    if "vulnerabilities" not in answer:
        return [], str(answer.get("message") or answer.get("error") or "no answer")[:160]
    weak = [
        f"npm {name}: {found['severity']}"
        for name, found in answer["vulnerabilities"].items()
        if found["severity"] in ("high", "critical")
    ]
    print(f"npm: {answer['metadata']['dependencies']['total']} packages asked for, {len(weak)} high or critical")
    return weak, None


def main() -> int:
    config = tomllib.loads((ROOT / "deny.toml").read_text())
    faults, skipped = [], []
    if shutil.which("cargo-deny"):
        command = ["cargo", "deny", "--log-level", "error", "check", "bans", "licenses", "sources"]
        if subprocess.run(command, cwd=ROOT).returncode:
            faults.append("cargo deny found faults")
    else:
        faults += crates(config)
    for what, ask in (("advisories of crates", lambda: advisories(config)), ("npm audit", npm)):
        found, why = ask()
        faults += found
        if why:
            skipped.append(what)
            print(f"SKIPPED {what}: {why}")
    for fault in faults:
        print(f"FAULT {fault}")
    return 1 if faults or (skipped and "--strict" in sys.argv) else 0


if __name__ == "__main__":
    sys.exit(main())
