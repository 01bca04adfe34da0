# Rows of programs, and one that is ended by the next.
find /etc -type f | sort | xargs cat | sha256sum
yes text | head -n 2000 | sort -u | wc
seq 1000 | awk '{ sum += $1 } END { print sum }'
bash -c 'yes | head -n 1 >/dev/null; echo "${PIPESTATUS[@]}"'
tar cf - -C /etc passwd group | tar tvf - | awk '{ print $1, $2, $3, $6 }'
dd if=/dev/zero bs=1000 count=300 status=none | gzip -n | gzip -d | md5sum
mkfifo way
(cat way; echo end) &
echo through it >way
wait
