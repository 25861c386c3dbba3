"""The 311 entities with their fields, and how describe shows them."""
