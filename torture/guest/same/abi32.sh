# Programs whose calls have other numbers.
/tmp/same32
echo "same32: $?"
/tmp/tiny32
echo "tiny32: $?"
sh -c '/tmp/same32 | wc -c; exec /tmp/same32'
echo "exec: $?"
