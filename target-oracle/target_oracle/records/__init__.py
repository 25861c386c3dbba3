"""Make typed, checked and deduplicated rows from lines and files, for loading and the sinks."""
