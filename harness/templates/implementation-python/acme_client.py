"""Return the request that a client would send. Replace it by a call of your own code."""

BASE_URL = "@@BASE_URL@@"


def shape(given):
    return {
        "method": "POST",
        "url": f"{given.get('base_url') or BASE_URL}/chat/completions",
        "headers": {"Authorization": f"Bearer {given['api_key']}", "Content-Type": "application/json"},
        "body": {"model": given["model"], "messages": given["history"]},
    }
