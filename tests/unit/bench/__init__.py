"""What the benches reckon with."""
