# Statuses come through, however many programs are between.
for status in 0 1 127 255; do
	(exit $status)
	echo "$status: $?"
	sh -c "exec sh -c 'exit $status'"
	echo "$status: $?"
done
! true
echo "not: $?"
false | true
echo "last: $?"
exit 43
