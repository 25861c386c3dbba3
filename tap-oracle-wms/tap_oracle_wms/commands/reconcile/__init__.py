"""Whether Oracle holds what WMS has, row by row; others take `reconcile` and its report."""
