"""Links: their pages, uploads and downloads."""
