"""The answer to `--dbt`: a folder of dbt sources and models; the command line takes `command`."""
