"""Reading by `values_list`, which spares WMS the related records, where values are the same."""
