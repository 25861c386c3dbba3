"""Rows by columns instead of one by one; only imported where the extra `parquet` is there."""
