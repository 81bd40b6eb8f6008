class AsyncSocket:
    """A socket whose waiting is awaited; what does not wait is the socket's own."""

    def __init__(self, *arguments, sock=None, **options):
        self.sock = sock or socket.socket(*arguments, **options)
        self.sock.setblocking(False)
        self.limit = socket.getdefaulttimeout()

    def __getattr__(self, name):
        return getattr(self.sock, name)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sock.close()

    def settimeout(self, seconds):
        self.limit = seconds

    def gettimeout(self):
        return self.limit

    async def within(self, waiting):
        try:
            return await asyncio.wait_for(waiting, self.limit)
        except asyncio.TimeoutError:
            raise TimeoutError("timed out") from None

    @classmethod
    async def connected(cls, address, timeout=None, source_address=None):
        """As socket.create_connection()."""
        loop = asyncio.get_running_loop()
        failure = OSError("getaddrinfo returns an empty list")
        for family, kind, protocol, _, place in await loop.getaddrinfo(
            *address, type=socket.SOCK_STREAM
        ):
            sock = cls(family, kind, protocol)
            sock.limit = sock.limit if timeout is None else timeout
            try:
                if source_address:
                    sock.sock.bind(source_address)
                await sock.within(loop.sock_connect(sock.sock, place))
                return sock
            except BaseException as error:
                sock.sock.close()
                if not isinstance(error, OSError):
                    raise
                failure = error
        raise failure

    async def connect(self, address):
        await self.within(asyncio.get_running_loop().sock_connect(self.sock, address))

    async def connect_ex(self, address):
        try:
            await self.within(asyncio.get_running_loop().sock_connect(self.sock, address))
        except TimeoutError:
            return errno.EAGAIN
        except socket.gaierror:
            raise
        except OSError as error:
            return error.errno
        return 0

    async def send(self, data):
        await self.within(asyncio.get_running_loop().sock_sendall(self.sock, data))
        return len(data)

    async def sendall(self, data):
        await self.within(asyncio.get_running_loop().sock_sendall(self.sock, data))

    async def sendto(self, data, address):
        return await self.within(asyncio.get_running_loop().sock_sendto(self.sock, data, address))

    async def recv(self, size):
        return await self.within(asyncio.get_running_loop().sock_recv(self.sock, size))

    async def recv_into(self, buffer):
        return await self.within(asyncio.get_running_loop().sock_recv_into(self.sock, buffer))

    async def recvfrom(self, size):
        return await self.within(asyncio.get_running_loop().sock_recvfrom(self.sock, size))

    def makefile(self, mode="r", buffering=None, *, encoding="utf-8", errors="strict"):
        return AsyncSocketFile(self, None if "b" in mode else encoding, errors)
