"""Which rows are read, in which order, how far; others take plans, slices and the pool."""
