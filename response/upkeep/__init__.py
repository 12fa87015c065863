"""What there is to see of what was promised, to try again, and to clear away."""
