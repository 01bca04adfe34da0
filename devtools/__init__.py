"""What the developers' tasks do: build for Debian's kernels, check, clean up. It is not installed."""
