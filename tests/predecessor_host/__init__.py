"""An app of a host that was written for the predecessor, and runs here as it is."""
