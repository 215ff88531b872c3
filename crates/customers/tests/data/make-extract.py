#!/usr/bin/env python3
"""Cuts online-retail-extract.csv.gz out of the whole file and counts its facts, with nothing but the standard library.

    make-extract.py online-retail.csv.gz        writes the extract and online-retail-extract.json
    make-extract.py --facts FILE.csv.gz         counts a file

Rows stay as they are and in their order: all rows of the chosen customers, and rows without a customer of the
chosen invoices.
"""
import csv
import gzip
import io
import json
import pathlib
import sys
from collections import defaultdict
from decimal import Decimal

HERE = pathlib.Path(__file__).parent


def rows(path):
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        reader = csv.reader(file)
        return next(reader), list(reader)


def facts(data):
    invoices = defaultdict(list)
    for row in data:
        invoices[row[0]].append(row)
    kept = {number: lines for number, lines in invoices.items() if lines[0][6]}
    total = lambda lines: sum((int(line[3]) * Decimal(line[5]) for line in lines), Decimal(0))
    orders = {number: total(lines) for number, lines in kept.items() if not number.startswith("C")}
    refunds = {number: -total(lines) for number, lines in kept.items() if number.startswith("C")}
    net = defaultdict(Decimal)
    for number, lines in kept.items():
        net[lines[0][6]] += total(lines)
    best = sorted(net.values(), reverse=True)
    top = len(best) // 5
    return {
        "rows": len(data),
        "no_customer": sum(1 for row in data if not row[6]),
        "accepted": sum(1 for row in data if row[6]),
        "exact_duplicate_rows": len(data) - len({tuple(row) for row in data}),
        "orders": len(orders),
        "refunds": len(refunds),
        "order_sum": str(sum(orders.values(), Decimal(0))),
        "refund_sum": str(sum(refunds.values(), Decimal(0))),
        "customers": len(net),
        "customers_only_refunds": sum(1 for c in net if all(n.startswith("C") for n, l in kept.items() if l[0][6] == c)) if len(net) < 1000 else None,
        "several_minutes": sum(1 for lines in kept.values() if len({line[4] for line in lines}) > 1),
        "zero_orders": sum(1 for value in orders.values() if value == 0),
        "most_lines": max(len(lines) for lines in kept.values()),
        "net_sum": str(sum(net.values(), Decimal(0))),
        "top_20_percent_sum": str(sum(best[:top], Decimal(0))),
        "first_day": min(line[4][:10] for lines in kept.values() for line in lines),
        "last_day": max(line[4][:10] for lines in kept.values() for line in lines),
    }


def choose(data):
    invoices, customers = defaultdict(list), defaultdict(set)
    for row in data:
        invoices[row[0]].append(row)
        if row[6]:
            customers[row[6]].add(row[0])
    chosen = set(sorted(customers)[:: len(customers) // 110])
    size = {customer: sum(len(invoices[number]) for number in numbers) for customer, numbers in customers.items()}
    odd = lambda test: [c for c in sorted(customers) if size[c] < 150 and any(test(n, invoices[n]) for n in customers[c])]
    chosen |= set(odd(lambda n, lines: len({line[4] for line in lines}) > 1)[:12])
    chosen |= set(odd(lambda n, lines: sum(int(l[3]) * Decimal(l[5]) for l in lines) == 0)[:4])
    chosen |= set(odd(lambda n, lines: any(len(l[5].split(".")[-1]) > 2 for l in lines))[:4])
    chosen |= set([c for c in sorted(customers) if all(n.startswith("C") for n in customers[c])][:8])
    chosen |= set(odd(lambda n, lines: len(lines) > 60)[:3])
    without = [number for number, lines in sorted(invoices.items()) if not lines[0][6]]
    anonymous = {number for number in without[::12] if len(invoices[number]) < 40}
    anonymous |= {number for number in without if number.startswith("A") or len(invoices[number]) == 1 and number.endswith("7")}
    return [row for row in data if row[6] in chosen or row[0] in anonymous]


if sys.argv[1] == "--facts":
    print(json.dumps(facts(rows(sys.argv[2])[1]), indent=1))
else:
    head, data = rows(sys.argv[1])
    cut = choose(data)
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(head)
    writer.writerows(cut)
    with open(HERE / "online-retail-extract.csv.gz", "wb") as file:
        with gzip.GzipFile("", "wb", 9, file, mtime=0) as packed:
            packed.write(text.getvalue().encode())
    (HERE / "online-retail-extract.json").write_text(json.dumps(facts(cut), indent=1) + "\n")
    print((HERE / "online-retail-extract.json").read_text())
