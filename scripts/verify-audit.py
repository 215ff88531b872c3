#!/usr/bin/env python3
"""Checks an exported audit record without the program that wrote it.

usage: scripts/verify-audit.py FILE [HASH]

FILE is the output of `zunke audit export` or of POST /api/v1/audit/export: an entry a line, as JSON. Each entry's hash is
SHA-256 over the hash before and the entry's parts, each part preceded by its length as eight bytes, most significant
first: sequence number and milliseconds (eight bytes each), actor (16 bytes or none), action, subject, detail; and, where
either is there, address and key. The first entry follows 32 zero bytes. HASH is one that was written down earlier: it must
be in the chain, or entries at its end have been cut off.
"""
import hashlib
import json
import sys


def sealed(before: bytes, entry: dict) -> bytes:
    parts = [
        before,
        entry["seq"].to_bytes(8, "big", signed=True),
        entry["at_ms"].to_bytes(8, "big", signed=True),
        bytes.fromhex(entry["actor"]),
        entry["action"].encode(),
        entry["subject"].encode(),
        entry["detail"].encode(),
    ]
    if entry["address"] is not None or entry["key"] is not None:
        parts += [(entry["address"] or "").encode(), bytes.fromhex(entry["key"] or "")]
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.digest()


def main() -> int:
    if len(sys.argv) not in (2, 3):
        print(__doc__, file=sys.stderr)
        return 2
    known = sys.argv[2].lower() if len(sys.argv) == 3 else None
    before, place, found = bytes(32), 0, known is None
    with open(sys.argv[1], encoding="utf-8") as lines:
        for place, line in enumerate(lines, start=1):
            entry = json.loads(line)
            before = sealed(before, entry)
            if entry["seq"] != place or entry["hash"] != before.hex():
                print(f"entry {place} does not hold", file=sys.stderr)
                return 1
            found = found or before.hex() == known
    if not found:
        print("the hash that was written down is not in the chain", file=sys.stderr)
        return 1
    print(f"{place} entries, head {before.hex()}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
