# Calls of our own programs.
for what in errors threads bytes ends waits interrupts; do
	/tmp/torture same $what
	echo "$what: $?"
done
