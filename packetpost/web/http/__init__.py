"""What every view needs: services, guards, limits, errors, log lines."""
