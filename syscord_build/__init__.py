"""From declarations to syscord.ko: options, the target kernel's own, rendering and Kbuild."""
