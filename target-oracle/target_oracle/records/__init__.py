"""Lines and files to rows that are typed, checked and deduplicated: for loading and the sinks."""
