"""A local stand-in for Oracle WMS Cloud."""
