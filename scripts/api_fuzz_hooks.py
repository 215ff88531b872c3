"""What a call without a login may answer: the fault and nothing else. Loaded by scripts/api-fuzz.sh (SCHEMATHESIS_HOOKS)."""
import os
import re

import schemathesis

# Operations that are there for everybody; they answer a form, a question, a challenge or a refusal.
OPEN = re.compile(os.environ.get("ZUNKE_OPEN_PATHS", r"^$"))
PROBLEM = {"type", "title", "status", "detail", "code", "field", "errors"}
# What the demo company's data looks like wherever it stands: an id of something, a phone number, an address.
DATA = re.compile(r"\b(?:cus|stf|tkt|act|dep|imp|exp|fil|msg)_[0-9a-f]{32}|\+86\d{11}|1[3-9]\d{9}\b|@example\.")


@schemathesis.check
def no_leak(context, response, case):
    text = response.text or ""
    asked = repr([case.path_parameters, case.query, case.body, case.headers])
    for found in DATA.findall(text):
        # What the caller sent himself may come back in the reason.
        assert found in asked, f"{found!r} in an answer without a login"
    if OPEN.search(case.operation.path):
        return
    assert response.status_code >= 400, f"{response.status_code} without a login"
    body = response.json() if "json" in response.headers.get("content-type", [""])[0] else {}
    more = set(body) - PROBLEM if isinstance(body, dict) else {"a list"}
    assert not more, f"{more} in an answer without a login"
