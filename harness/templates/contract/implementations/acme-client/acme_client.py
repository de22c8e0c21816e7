"""A client of Acme as a generator: it yields requests, is sent the replies, and returns the outcome.

Replace it by a call of your own code.
"""

import json

BASE_URL = "https://api.acme.example/v1"


def call(given):
    chat = given["operation"] == "chat"
    body = {"model": given["model"]}
    if chat:
        body["messages"] = given["history"]
    else:
        body["input"] = given["texts"]
        if given["edition"] >= "2026-09":
            body["dimensions"] = given["dimensions"]
    reply = yield {
        "method": "POST",
        "url": f"{given.get('base_url') or BASE_URL}/{'chat/completions' if chat else 'embeddings'}",
        "headers": {"Authorization": f"Bearer {given['api_key']}", "Content-Type": "application/json"},
        "body": body,
    }
    answer = json.loads(reply.body)
    if reply.status == 429 and answer["error"]["code"] == "quota_exceeded":
        return {"error": {"class": "quota", "status": 429, "message": answer["error"]["message"]}}
    if reply.status != 200:
        return {"error": {"class": None, "status": reply.status}}
    if chat:
        return {"text": answer["choices"][0]["message"]["content"]}
    return {"embeddings": [item["embedding"] for item in answer["data"]]}
