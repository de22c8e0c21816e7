"""Text that is a secret by its shape, and text that merely resembles one.

Masking, scrubbing and scanning go by one table, so all of them are tested with these.
"""

from __future__ import annotations

import base64

SHAPES = [
    "sk-or-v1-" + "0af3" * 16,
    "sk-ant-api03-" + "aB_9" * 12,
    "sk-proj-" + "Zz-9" * 20,
    "sk-" + "aB9x" * 12,
    "AIza" + "SyD-9_xQ0rT7" * 2 + "Ab3dE5fG7h9",
    "ya29." + "a0AfH6SMB" * 4,
    "gsk_" + "aB3d" * 13,
    "xai-" + "aB3d" * 20,
    "hf_" + "aBcD" * 9,
    "AKIAIOSFODNN7EXAMPLE",
    "ASIA" + "Q7X2" * 4,
    "ghp_" + "aB3d" * 9,
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmN",
    "user_2oXVabcDEF123ghiJKL456mno",
    "org-WPnHeqd4JSm9ruUqLce4xcey",
    "proj_aB3dE5fG7h9iJ1kL",
    "canary-" + "0af3" * 8,
    "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBg\n-----END PRIVATE KEY-----",
    "Bearer abcdefghijklmnopqrstuvwxyz0123",
    "sk-proj-********wxyz",
    "sk-or-v1-0af...3af",
    "sk-0aB9x0aB9x0aB9x0",
    "AIzaSyA-0123456789012345678901234567890",
    "eyJhbGciOiJIUzI1NiJ9.c29tZXRoaW5nLWVsc2U.dozjgNryP4J3jVmN",
    "user_2abcDEF345ghi",
    "org_2abcDEF345ghi",
]

HARMLESS = [
    '{"token": "Hello", "logprob": -0.1, "top_logprobs": [{"token": " world"}]}',
    '{"max_tokens": 16, "usage": {"total_tokens": 12, "prompt_tokens_details": {"cached_tokens": 3}}}',
    '{"role": "user", "content": "the user_id and the email of the user, key by key"}',
    '{"properties": {"email": {"type": "string"}, "user_id": {"type": "string"}}, "required": ["email"]}',
    '{"signature": "EpYBCkYIAxgCKkA9d3JhcHBlZCB0aG91Z2h0", "thoughtSignature": "CiQB4/H/Xg=="}',
    '{"id": "gen-1784218677-naXC565RfwGTfDm2xVg1", "system_fingerprint": "fp_44709d6fcb"}',
    '{"id": "call_62136354f4a24a3b9c7e7f2c", "name": "risk-assessment-of-the-desk-and-its-owner-today"}',
    '{"tool_choice": {"type": "function"}, "session_id": "a1", "key": "value", "sort_key": 4}',
    '{"url": "https://example.com/home/news/today and /usr/local/bin and ~/.config"}',
    '{"image": "data:image/png;base64,' + "/AIza" + "SyD9" * 9 + "/hf_" + "aBcD" * 300 + '"}',
    '{"image": "data:image/png;base64,' + base64.b64encode(bytes(range(256)) * 40).decode() + '"}',
    '{"tool": "user_preferences", "of": ["org_settings", "sk-learn-based-classifier", "Bearer of bad news"]}',
]
