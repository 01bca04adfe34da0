# What goes wrong, and what is said of it.
cat /nowhere
echo "cat: $?"
ls -d /etc /nowhere
echo "ls: $?"
mkdir a a
rmdir b
echo text >a
cd a/none
/etc/passwd
echo "not a program: $?"
nosuchprogram
echo "no program: $?"
head -c 10 /proc/self/mem | od
exec /nowhere/at/all
