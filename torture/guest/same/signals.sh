# Signals are handled, kept off, and end a program.
trap 'echo usr1' USR1
kill -USR1 $$
echo after
sh -c 'kill -KILL $$'
echo "killed: $?"
timeout -s INT 0.2 tail -f /dev/null
echo "timeout: $?"
sh -c 'trap "echo end; exit 5" EXIT; exit 4'
echo "trap: $?"
trap '' TERM
kill -TERM $$
echo "kept off"
trap - USR1
kill -USR1 $$
