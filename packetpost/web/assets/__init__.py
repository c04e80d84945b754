"""What browsers fetch beside pages: scripts joined at start-up, style sheets, icons, each at an address of its own."""
