"""Options, kernels and the source of the module."""
