# A debugger between the program and the kernel.
strace -qq -e trace=exit_group -e inject=kill:error=EPERM /tmp/torture same errors | tail -n 3
strace -qq -f -e trace=pipe2,write -e signal=none sh -c 'echo one | cat >/dev/null; exit 6' 2>&1 | grep -c write
strace -c -o /dev/null sh -c 'exit 8'
echo "strace: $?"
