#!/usr/bin/env python3
"""Writes what the program is made of as CycloneDX 1.5 (JSON): every crate of Cargo.lock that the binary is built from and
every npm package that the UI carries, with version, licence and checksum. usage: scripts/sbom.py [FILE]"""
import json
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def crates() -> list[dict]:
    command = ["cargo", "metadata", "--format-version", "1", "--locked"]
    found = json.loads(subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout)
    by_id = {package["id"]: package for package in found["packages"]}
    nodes = {node["id"]: node for node in found["resolve"]["nodes"]}
    locked = tomllib.loads((ROOT / "Cargo.lock").read_text())["package"]
    sums = {(one["name"], one["version"]): one.get("checksum") for one in locked}
    # From the binary down, without what only tests need.
    left = [package["id"] for package in found["packages"] if package["name"] == "zunke"]
    used: set[str] = set()
    while left:
        one = left.pop()
        if one in used:
            continue
        used.add(one)
        for wanted in nodes[one]["deps"]:
            if any(kind["kind"] != "dev" for kind in wanted["dep_kinds"]):
                left.append(wanted["pkg"])
    parts = []
    for package in sorted((by_id[one] for one in used), key=lambda one: (one["name"], one["version"])):
        if package["source"] is None:
            continue
        part = component("cargo", package["name"], package["version"], package.get("license"))
        checksum = sums.get((package["name"], package["version"]))
        if checksum:
            part["hashes"] = [{"alg": "SHA-256", "content": checksum}]
        parts.append(part)
    return parts


def packages() -> list[dict]:
    locked = json.loads((ROOT / "web/package-lock.json").read_text())["packages"]
    parts = []
    for path, package in sorted(locked.items()):
        if path and not package.get("dev"):
            parts.append(component("npm", path.rpartition("node_modules/")[2], package["version"], package.get("license")))
    return parts


def component(kind: str, name: str, version: str, licence: str | None) -> dict:
    part = {"type": "library", "name": name, "version": version, "purl": f"pkg:{kind}/{name.replace('@', '%40')}@{version}"}
    if licence:
        part["licenses"] = [{"expression": licence.replace("/", " OR ")}]
    return part


def main() -> None:
    version = tomllib.loads((ROOT / "Cargo.toml").read_text())["workspace"]["package"]["version"]
    parts = crates() + packages()
    text = json.dumps(
        {
            "bomFormat": "CycloneDX",
            "specVersion": "1.5",
            "version": 1,
            "metadata": {"component": {"type": "application", "name": "zunke", "version": version}},
            "components": parts,
        },
        ensure_ascii=False,
        indent=1,
    )
    if len(sys.argv) > 1:
        Path(sys.argv[1]).write_text(text + "\n")
        print(f"{len(parts)} parts in {sys.argv[1]}")
    else:
        print(text)


if __name__ == "__main__":
    main()
