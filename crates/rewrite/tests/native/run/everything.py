"""What sockets, child processes and sleeping do, each with its failures: the twin has to do the same."""

import errno
import socket
import socketserver
import subprocess
import sys
import threading
import time


class Lines(socketserver.StreamRequestHandler):
    """Answers each line; `silent` is not answered, `end` closes."""

    def handle(self):
        for line in self.rfile:
            if line == b"end\n":
                return
            if line != b"silent\n":
                self.wfile.write(b"<" + line.strip() + b">\r\n")


class Datagrams(socketserver.BaseRequestHandler):
    """Sends a datagram back."""

    def handle(self):
        data, sock = self.request
        if data != b"silent":
            sock.sendto(data[::-1], self.client_address)


def read_exactly(sock, count):
    parts = b""
    while len(parts) < count:
        part = sock.recv(count - len(parts))
        if not part:
            raise EOFError(f"{len(parts)} of {count}")
        parts += part
    return parts


def streams(port, dead):
    found = []
    with socket.create_connection(("localhost", port), timeout=5) as sock:
        sock.sendall(b"one\n")
        found.append(read_exactly(sock, 7))
        sock.settimeout(0.1)
        sock.sendall(b"silent\n")
        try:
            sock.recv(10)
        except socket.timeout as error:
            found.append((type(error).__name__, str(error)))
        found.append((sock.gettimeout(), sock.getpeername()[1] == port))
        sock.settimeout(None)
        sock.sendall(b"end\n")
        try:
            read_exactly(sock, 1)
        except EOFError as error:
            found.append(str(error))
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as sock:
        found.append(errno.errorcode[sock.connect_ex(("127.0.0.1", dead))])
    sock = socket.socket()
    try:
        sock.connect(("127.0.0.1", dead))
    except ConnectionRefusedError as error:
        found.append(error.errno == errno.ECONNREFUSED)
    finally:
        sock.close()
    try:
        socket.create_connection(("127.0.0.1", dead))
    except OSError as error:
        found.append(type(error).__name__)
    return found


def files(port):
    found = []
    with socket.create_connection(("127.0.0.1", port)) as sock, sock.makefile("rw") as wire:
        for number in range(3):
            wire.write(f"READ {number}\n")
            wire.flush()
            found.append(wire.readline())
        wire.write("a\nb\nend\n")
        wire.flush()
        for line in wire:
            found.append(line)
    with socket.create_connection(("127.0.0.1", port)) as sock:
        with sock.makefile("w") as wire:
            wire.write("c\nend\n")
        with sock.makefile("rb") as wire:
            found.append([line.strip() for line in wire])
    with socket.create_connection(("127.0.0.1", port)) as sock:
        wire = sock.makefile("rwb")
        wire.write(b"x\nend\n")
        wire.flush()
        found.append((wire.read(2), wire.read(), wire.readline()))
        wire.close()
    return found


def datagrams(port):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(0.1)
        sock.connect(("127.0.0.1", port))
        sock.send(b"abc")
        found = [sock.recv(10)]
        sock.sendall(b"silent")
        try:
            found.append(sock.recv(10))
        except TimeoutError:
            found.append("silent")
    return found



def processes():
    found = []
    done = subprocess.run(
        [sys.executable, "-c", "print(input()[::-1] + '\\u00e4')"], input="abc", capture_output=True, encoding="utf-8"
    )
    found.append((done.returncode, done.stdout, done.stderr, done.args[1:]))
    found.append(subprocess.check_output("echo out; echo err >&2", shell=True, stderr=subprocess.STDOUT))
    found.append(subprocess.call([sys.executable, "-c", "exit(3)"]))
    try:
        subprocess.check_call([sys.executable, "-c", "exit(4)"])
    except subprocess.CalledProcessError as error:
        found.append((error.returncode, error.cmd[1:]))
    try:
        subprocess.run([sys.executable, "-c", "import time; time.sleep(60)"], timeout=0.2)
    except subprocess.TimeoutExpired as error:
        found.append(round(error.timeout, 1))
    try:
        subprocess.run(["./there-is-no-such-command"])
    except FileNotFoundError as error:
        found.append(error.filename)
    started = time.monotonic()
    time.sleep(0.05)
    found.append(time.monotonic() - started >= 0.049)
    return found


def everything(port, udp, dead):
    return streams(port, dead) + files(port) + datagrams(udp) + processes()


def main():
    socketserver.TCPServer.request_queue_size = 50
    tcp = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Lines)
    udp = socketserver.ThreadingUDPServer(("127.0.0.1", 0), Datagrams)
    for server in (tcp, udp):
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
    nobody = socket.socket()
    nobody.bind(("127.0.0.1", 0))
    ports = tcp.server_address[1], udp.server_address[1], nobody.getsockname()[1]
    compare(everything(*ports), ports)


def compare(wanted, ports):
    import asyncio

    async def at_once():
        return await asyncio.gather(*(globals()[TWIN](*ports) for _ in range(3)))

    for found in asyncio.run(at_once()):
        for one, other in zip(wanted, found):
            assert one == other, (one, other)
        assert len(wanted) == len(found)
    print("the same", len(wanted))


if __name__ == "__main__":
    main()
