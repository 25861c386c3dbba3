"""The stand-in as a server: every request on its way in and out."""
