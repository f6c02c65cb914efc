"""What the network could do at a moment, and why not."""
