"""The built-ins, written as a host would write them."""
