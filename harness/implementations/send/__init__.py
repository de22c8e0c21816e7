"""Mode `send`: implementations that really send, and are judged by what arrives at the harness."""
