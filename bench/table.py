"""Makes the table of figures. usage: table.py FIGURES.jsonl [PAGE.md]: with a page, puts it between its marks."""

import json
import os
import platform
import sys

rows = [json.loads(line) for line in open(sys.argv[1]) if line.strip()]
lines = ["| figure | ours | peer | ratio | promise | kept |", "|---|---|---|---|---|---|"]
for row in rows:
    lines.append(
        f"| {row['figure']} | {row['ours']:g} {row['unit']} | {row['peer']}: {row['peers']:g} {row['unit']} "
        f"| {row['ratio']:g} | {row['limit']} | {'yes' if row['kept'] else '**no**'} |"
    )
table = "\n".join(lines)
print(table)
if len(sys.argv) > 2:
    begin, end = "<!-- figures -->", "<!-- /figures -->"
    text = open(sys.argv[2]).read()
    head, rest = text.split(begin)
    machine = f"Measured with `WRITE=1 make bench` on {os.cpu_count()} cores, {platform.machine()}, {platform.system()}.\n\n"
    with open(sys.argv[2], "w") as page:
        page.write(head + begin + "\n" + machine + table + "\n" + end + rest.split(end)[1])
