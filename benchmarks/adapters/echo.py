"""A child of the command protocol that does next to nothing: the body of its one request is the input."""

import json
import sys

for line in sys.stdin.buffer:
    message = json.loads(line)
    if message["cmd"] == "start":
        answer = {"version": 1, "implementation": {"name": "echo"}, "capabilities": {"inputs": ["*"]}}
    elif message["cmd"] == "run":
        request = {
            "method": "POST",
            "url": "https://openrouter.ai/api/v1/chat/completions",
            "headers": [["content-type", "application/json"]],
            "body": json.dumps(message["input"]),
        }
        answer = {"seq": message["seq"], "n": 1, "request": request, "done": True}
    else:
        break
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()
