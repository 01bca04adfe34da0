# Processes that end in many ways, and errors of many calls.
/tmp/torture same ends
echo "ends: $?"
/tmp/torture same errors
echo "errors: $?"
