"""The deterministic data every stand-in starts with: a function of seed and size alone."""
