"""Tests of harness.scenarios; a package, so that its conftest has a name of its own."""
