"""What is made of replies: streams of events, errors and their classes, the outcome of a chat."""

from __future__ import annotations
