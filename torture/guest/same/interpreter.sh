# A large program with threads, processes, sockets and errors.
exec python3 -S - <<'END'
import os, socket, subprocess, sys, threading

results = []
threads = [threading.Thread(target=lambda n=n: results.append(n * n)) for n in range(20)]
[t.start() for t in threads]
[t.join() for t in threads]
print(sorted(results))
print(subprocess.run(["sh", "-c", "echo $0; exit 3", "name"], capture_output=True))
server = socket.create_server(("127.0.0.1", 0))
client = socket.create_connection(server.getsockname())
peer, _ = server.accept()
client.sendall(b"bytes" * 20000)
client.close()
print(len(peer.makefile("rb").read()))
pid = os.fork()
if not pid:
    os.abort()
print(os.waitpid(pid, 0)[1] & 0x7F)
for path in ("/nowhere", "/", "\0"):
    try:
        open(path)
    except (OSError, ValueError) as error:
        print(error)
sys.exit("ended")
END
