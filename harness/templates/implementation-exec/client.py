"""Read an input as JSON on stdin and make the request. What is sent is observed on the wire, and goes nowhere else."""

import json
import sys
import urllib.request

BASE_URL = "@@BASE_URL@@"

given = json.load(sys.stdin)
request = urllib.request.Request(
    f"{given.get('base_url') or BASE_URL}/chat/completions",
    data=json.dumps({"model": given["model"], "messages": given["history"]}).encode(),
    headers={"Authorization": f"Bearer {given['api_key']}", "Content-Type": "application/json"},
)
urllib.request.urlopen(request).read()
