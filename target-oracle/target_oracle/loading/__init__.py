"""Rows to tables, one transaction a flush: for the run, the sinks and the intake."""
