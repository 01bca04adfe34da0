# Bytes through files and sockets.
/tmp/torture same bytes
