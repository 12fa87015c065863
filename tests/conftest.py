"""What every test may ask for: what the tests of hosts may ask for too."""

pytest_plugins = ["response.testing.fixtures"]
