# Files, links, modes, holes, locks.
umask 027
mkdir -p d/e/f
echo one >d/1
ln d/1 d/2
ln -s 1 d/3
truncate -s 100000 d/hole
chmod 4711 d/hole
find d -printf '%p %y %m %s %n %l\n' | sort
cp -a d copy
diff -r d copy && echo "the same"
mv copy/hole copy/moved
cmp d/hole copy/moved && echo "equal"
echo two >>d/2
cat d/1 d/3
rm -r d
cat d/1
flock -n lock sh -c 'flock -n lock echo never; echo "locked: $?"'
echo secret >file
chmod 0 file
setpriv --reuid 65534 --clear-groups cat file
echo "other user: $?"
