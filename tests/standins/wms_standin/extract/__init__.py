"""The Data Extract API: tasks that push whole entities as files to an object store."""
