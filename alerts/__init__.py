"""Alerts: how a run of Meltano ended, to whoever wants to know."""
