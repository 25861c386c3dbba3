"""The rows behind the API in raw Python values: generated, changed, and timed by a clock."""
