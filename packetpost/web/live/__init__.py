"""Live sessions: their pages, seats and sockets."""
