"""What the tests of the contract `openclaw` start from."""
