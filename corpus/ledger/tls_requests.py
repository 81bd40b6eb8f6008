"""The same over TLS, with a certificate made for this run."""

import shutil
import socket
import ssl
import subprocess
import tempfile

from known.measured import look, repeat, skip, tell
from known.peers import peer


def certificate(folder):
    path = f"{folder}/certificate.pem"
    options = "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=IP:127.0.0.1"
    subprocess.run(["openssl", *options.split(), "-keyout", path, "-out", path], check=True, stderr=subprocess.DEVNULL)
    return path


def work(connection):
    repeat(lambda: (connection.send(b"x" * 500), connection.recv(500)))


def main(path):
    context = ssl.create_default_context(cafile=path)
    with (
        peer("tls", 0.02, path) as port,
        socket.create_connection(("127.0.0.1", port)) as plain,
        context.wrap_socket(plain, server_hostname="127.0.0.1") as connection,
    ):
        seen = look(work, connection)
    tell(seen.waited("socket"), peer=f"127.0.0.1:{port}")


if __name__ == "__main__":
    if not shutil.which("openssl"):
        skip("the command openssl is not installed")
    with tempfile.TemporaryDirectory() as folder:
        main(certificate(folder))
