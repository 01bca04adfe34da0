"""The module in kernels that check themselves."""
