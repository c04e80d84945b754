"""What the operator's check asks of the outside world."""
