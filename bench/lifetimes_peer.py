"""The peer of `zunke-bench ltv`: BG/NBD and Gamma-Gamma fitted by the Python package lifetimes on the same customers.

usage: lifetimes_peer.py CUSTOMERS.csv       columns x,recency,age,mean; time in weeks. Prints JSON: seconds and optima
"""

import json
import sys
import time
import warnings

import numpy as np
import pandas as pd

warnings.filterwarnings("ignore")
import lifetimes  # noqa: E402

data = pd.read_csv(sys.argv[1])
repeated = data[(data["x"] > 0) & (data["mean"] > 0)]

# Once on a few rows, so that imports and first calls are not in the time.
lifetimes.BetaGeoFitter().fit(data["x"][:2000], data["recency"][:2000], data["age"][:2000])

began = time.perf_counter()
buying = lifetimes.BetaGeoFitter(penalizer_coef=0.0).fit(data["x"], data["recency"], data["age"])
bg_nbd = time.perf_counter() - began
began = time.perf_counter()
worth = lifetimes.GammaGammaFitter(penalizer_coef=0.0).fit(repeated["x"], repeated["mean"])
gamma_gamma = time.perf_counter() - began
began = time.perf_counter()
expected = buying.conditional_expected_number_of_purchases_up_to_time(52, data["x"], data["recency"], data["age"])
worth.conditional_expected_average_profit(data["x"], data["mean"])
alive = buying.conditional_probability_alive(data["x"], data["recency"], data["age"])
predict = time.perf_counter() - began
print(json.dumps({
    "customers": len(data),
    "bg_nbd_seconds": bg_nbd,
    "gamma_gamma_seconds": gamma_gamma,
    "predict_seconds": predict,
    "bg_nbd": {name: float(value) for name, value in buying.params_.items()},
    "gamma_gamma": {name: float(value) for name, value in worth.params_.items()},
    "expected": float(np.sum(expected)),
    "alive": float(np.sum(alive)),
    "lifetimes": lifetimes.__version__,
}))
