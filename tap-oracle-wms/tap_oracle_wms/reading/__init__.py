"""Which rows are read, in which order, how far; others take requests, readings and the pool."""
