"""The promises that this project keeps, as tests: unit/ needs no machine, guest/ boots them."""
