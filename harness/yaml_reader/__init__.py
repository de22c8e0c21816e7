"""The one strict reader of YAML: suites, rules, contracts, manifests."""
