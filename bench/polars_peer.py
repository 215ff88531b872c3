"""The peer of `zunke-bench evaluate`: the same facts, RFM grades, composite score and levels as bench/rules.json,
computed by Polars from a CSV of the same orders (customer, day, amount).

usage: polars_peer.py ORDERS.csv AS_OF [scores]  prints JSON: seconds, customers, customers per level, sum of scores;
       with "scores" also the seconds that one more scoring takes from the facts in memory (the peer of a simulation)
"""

import datetime
import json
import sys
import time

import polars as pl

path, as_of_text = sys.argv[1:3]
repeat = sys.argv[3:] == ["scores"]
as_of = datetime.date.fromisoformat(as_of_text)
start = as_of - datetime.timedelta(days=364)
began = time.perf_counter()

in_window = pl.col("day").is_between(start, as_of)
facts = (
    pl.scan_csv(path, schema={"customer": pl.UInt32, "day": pl.Date, "amount": pl.Float64})
    .filter(pl.col("day") <= as_of)
    .group_by("customer")
    .agg(
        spend=pl.col("amount").filter(in_window).sum().round(2),  # cents, however the sum was rounded on its way
        orders=in_window.sum().cast(pl.Float64),
        last=pl.col("day").max(),
        first=pl.col("day").min(),
    )
    .with_columns(
        recency=(pl.lit(as_of) - pl.col("last")).dt.total_days().cast(pl.Float64),
        years=(pl.lit(as_of) - pl.col("first")).dt.total_days() / 365.25,
        average=pl.when(pl.col("orders") > 0).then(pl.col("spend") / pl.col("orders")),
    )
    .collect()
)


def step(column, steps):
    """Points of the highest step reached; 0 below the first."""
    expression = pl.lit(0.0)
    for start_at, points in steps:
        expression = pl.when(pl.col(column) >= start_at).then(pl.lit(float(points))).otherwise(expression)
    return expression


def linear(column, points):
    """Straight lines between the points, level outside; 0 where there is no value."""
    value = pl.col(column)
    expression = pl.lit(float(points[-1][1]))
    for (x0, y0), (x1, y1) in reversed(list(zip(points, points[1:]))):
        expression = pl.when(value < x1).then(y0 + (y1 - y0) * (value - x0) / (x1 - x0)).otherwise(expression)
    expression = pl.when(value < points[0][0]).then(pl.lit(float(points[0][1]))).otherwise(expression)
    return pl.when(value.is_null()).then(0.0).otherwise(expression)


rules = json.load(open(__file__.replace("polars_peer.py", "rules.json")))


def scoring(rules):
    score = pl.lit(0.0)
    for dimension in rules["score"]["dimensions"]:
        whole = sum(part["weight"] for part in dimension["indicators"])
        inside = pl.lit(0.0)
        for part in dimension["indicators"]:
            (kind, bands), = part["bands"].items()
            if kind == "step":
                points = step(part["indicator"], [(b["from"], b["points"]) for b in bands])
            else:
                points = linear(part["indicator"], [(b["at"], b["points"]) for b in bands])
            inside = inside + points * (part["weight"] / whole)
        score = score + inside * (dimension["weight"] / 100)
    return (score * 100 + 1e-6).round() / 100


active = facts.filter(pl.col("orders") > 0)


def grade(column, sign):
    ordered = (active[column] * sign).sort()
    n = len(ordered)
    cuts = [ordered[-(-k * n // 5) - 1] for k in range(1, 5)]
    total = pl.lit(1, dtype=pl.UInt8)
    for cut in cuts:
        total = total + (pl.col(column) * sign > cut).cast(pl.UInt8)
    return pl.when(pl.col("orders") > 0).then(total).otherwise(0)


compare = {"at_least": "__ge__", "more_than": "__gt__", "at_most": "__le__", "less_than": "__lt__"}
scored = facts.with_columns(
    score=scoring(rules), r=grade("recency", -1), f=grade("orders", 1), m=grade("spend", 1)
)


def placing(rules):
    level = pl.lit(0)
    for entry in rules["levels"]:
        holds = pl.lit(True)
        for test in entry["entry"]["tests"] + entry["guards"]:
            holds = holds & getattr(pl.col(test["fact"]), compare[test["is"]])(test["value"])
        level = pl.when(holds).then(entry["rank"]).otherwise(level)
    return level


done = scored.with_columns(level=placing(rules))
counts = dict(sorted(done.group_by("level").len().iter_rows()))
seconds = time.perf_counter() - began

# The same scores and levels again with a weight moved, the facts being there: customers and revenue per level.
score_seconds = []
for at in range(30 if repeat else 0):
    rules["score"]["dimensions"][0]["weight"] = 50 - at / 10
    rules["score"]["dimensions"][1]["weight"] = 20 + at / 10
    began = time.perf_counter()
    (facts.lazy().with_columns(score=scoring(rules)).select(level=placing(rules), spend=pl.col("spend"))
        .group_by("level").agg(pl.len(), pl.col("spend").sum()).collect())
    score_seconds.append(time.perf_counter() - began)
print(json.dumps({
    "seconds": seconds,
    "score_seconds": sorted(score_seconds)[len(score_seconds) // 2] if repeat else None,
    "customers": len(done),
    "levels": {str(rank): count for rank, count in counts.items()},
    "score_sum": round(done["score"].sum(), 3),
    "grade_sum": int((done["r"].cast(pl.Int64) * 100 + done["f"] * 10 + done["m"]).sum()),
    "threads": pl.thread_pool_size(),
    "polars": pl.__version__,
}))
