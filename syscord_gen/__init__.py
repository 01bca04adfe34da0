"""Handlers in, C and documents out.  Pure: no subprocess, no network, same input same bytes."""
