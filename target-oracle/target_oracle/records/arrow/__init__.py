"""Make rows column by column; imported only with the extra `parquet`."""
