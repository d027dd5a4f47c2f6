"""Measuring how well the AI answers the community's question set: the pure parts."""
