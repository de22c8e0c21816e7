"""Schemas of the YAML files: written once, used to check a file and to write its JSON Schema."""
