"""The other end: processes of their own, so that they take neither GIL nor CPU clock of a program.

`peers.py KIND DELAY` prints the port on 127.0.0.1 under which it serves, answers whatever it is
asked after so many seconds, and ends when its stdin does.
"""

import asyncio
import contextlib
import http.server
import os
import socket
import ssl
import subprocess
import sys
import threading
import time

BACKLOG = 1024


@contextlib.contextmanager
def peer(kind, delay=0.0, *more):
    """Runs one as long as the block does; gives the port."""
    command = [sys.executable, "-S", os.path.abspath(__file__), kind, str(delay), *more]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe) as process:
        try:
            yield int(process.stdout.readline())
        finally:
            process.kill()


def listen():
    server = socket.create_server(("127.0.0.1", 0), backlog=BACKLOG)
    print(server.getsockname()[1], flush=True)
    return server


def echo(delay, wrap=lambda connection: connection):
    """Sends back what it gets."""
    server = listen()
    while True:
        connection, _ = server.accept()
        threading.Thread(target=echo_one, args=(connection, delay, wrap)).start()


def echo_one(connection, delay, wrap):
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with wrap(connection) as talk:
        while data := talk.recv(4096):
            if delay:
                time.sleep(delay)
            talk.sendall(data)


def tls(delay, certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    echo(delay, lambda connection: context.wrap_socket(connection, server_side=True))


def web(delay):
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            time.sleep(delay)
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            self.wfile.write(b"x" * 1000)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(server.server_port, flush=True)
    server.serve_forever()


def many(delay):
    """An echo to hundreds at once."""

    async def serve(reader, writer):
        while data := await reader.read(4096):
            await asyncio.sleep(delay)
            writer.write(data)
        writer.close()

    async def main():
        await (await asyncio.start_server(serve, sock=listen())).serve_forever()

    asyncio.run(main())


def names(delay):
    """A name server that knows no name."""
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 0))
    print(server.getsockname()[1], flush=True)
    while True:
        query, address = server.recvfrom(512)
        answer = query[:2] + b"\x81\x83" + query[4:6] + bytes(6) + query[12:]
        threading.Timer(delay, server.sendto, (answer, address)).start()


def spin(_):
    """Asks for nothing but a CPU."""
    print(0, flush=True)
    while True:
        pass


def end_with_stdin():
    sys.stdin.buffer.read()
    os._exit(0)


if __name__ == "__main__":
    threading.Thread(target=end_with_stdin, daemon=True).start()
    kind, delay, *more = sys.argv[1:]
    globals()[kind](float(delay), *more)
