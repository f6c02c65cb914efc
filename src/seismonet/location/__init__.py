"""Picks to events: association, location, magnitude."""
