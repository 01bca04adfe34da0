# Threads, and calls that wait.
/tmp/torture same threads
echo "threads: $?"
/tmp/torture same waits
