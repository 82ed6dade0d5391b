"""Ours, a peer and the limit, side by side. See README.md."""
