"""From the parameters of a request to one SELECT, and from its rows to a page of answers."""
