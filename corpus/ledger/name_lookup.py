"""`getaddrinfo` with a name server that takes 100 ms.

It is the real one of the C library, told to ask a server of ours: the file that names the servers
is not ours to change, the library's state is (`struct __res_state` of glibc).
"""

import contextlib
import ctypes
import socket
import struct

from known.measured import look, repeat, skip, tell
from known.peers import peer

OPTIONS, SERVERS = 8, 16  # offsets: `options`, then `nscount` with `nsaddr_list` after it
NO_RELOAD = 0x0200_0000  # RES_NORELOAD


def ask_server(port):
    """What this thread looks up, it asks 127.0.0.1:port from now on."""
    library = ctypes.CDLL("libresolv.so.2")
    library.__res_init()
    library.__res_state.restype = ctypes.c_void_p
    state = library.__res_state()
    options = ctypes.c_ulong.from_address(state + OPTIONS)
    options.value |= NO_RELOAD
    server = struct.pack("=iH", 1, socket.AF_INET) + struct.pack("!H4s8x", port, socket.inet_aton("127.0.0.1"))
    ctypes.memmove(state + SERVERS, server, len(server))


def look_up():
    with contextlib.suppress(socket.gaierror):
        socket.getaddrinfo("no-such-host.test.", 80)


def work():
    repeat(look_up)


if __name__ == "__main__":
    with peer("names", 0.1) as port:
        try:
            ask_server(port)
        except (OSError, AttributeError):
            skip("the C library is not glibc")
        seen = look(work)
    tell(seen.waited("name_lookup"))
