"""Events to alerts."""
