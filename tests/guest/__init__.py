"""Tests that run in virtual machines."""
