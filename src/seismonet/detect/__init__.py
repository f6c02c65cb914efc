"""Receipts to picks, station by station."""
