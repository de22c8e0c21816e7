"""The Python of the contract `openclaw`: its reference client, mock provider and mutants.

What the engine asks for is in `harness_openclaw.hooks`. It cannot be here, since the hooks `reference` and
`mutants` have the names of subpackages, which replace them once they are imported.
"""
