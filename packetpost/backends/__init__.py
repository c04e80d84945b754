"""Where facts and bytes are kept: each file imports its own library and implements one Protocol."""
