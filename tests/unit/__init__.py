"""Tests that need no machine, by what they test."""
