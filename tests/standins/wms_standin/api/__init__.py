"""What a request asks, who asks, and how an answer or an error looks on the wire."""
