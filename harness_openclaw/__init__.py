"""The Python of the contract `openclaw`: its reference client, mock provider and mutants."""
