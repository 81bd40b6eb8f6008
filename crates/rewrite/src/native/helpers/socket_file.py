class AsyncSocketFile:
    """A socket's makefile() whose waiting is awaited."""

    def __init__(self, sock, encoding, errors):
        self.sock, self.encoding, self.errors = sock, encoding, errors
        self.read_ahead, self.unsent = b"", []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        unsent, self.unsent = b"".join(self.unsent), []
        if unsent:
            self.sock.sock.setblocking(True)
            self.sock.sock.sendall(unsent)
            self.sock.sock.setblocking(False)

    def write(self, data):
        self.unsent.append(data.encode(self.encoding, self.errors) if self.encoding else data)
        return len(data)

    async def flush(self):
        unsent, self.unsent = b"".join(self.unsent), []
        if unsent:
            waiting = asyncio.get_running_loop().sock_sendall(self.sock.sock, unsent)
            await self.sock.within(waiting)

    async def more(self):
        waiting = asyncio.get_running_loop().sock_recv(self.sock.sock, 65536)
        data = await self.sock.within(waiting)
        self.read_ahead += data
        return data

    def taken(self, size):
        data, self.read_ahead = self.read_ahead[:size], self.read_ahead[size:]
        if not self.encoding:
            return data
        return data.decode(self.encoding, self.errors).replace("\r\n", "\n")

    async def readline(self):
        while (end := self.read_ahead.find(b"\n")) < 0:
            if not await self.more():
                return self.taken(len(self.read_ahead))
        return self.taken(end + 1)

    async def read(self, size=-1):
        while size < 0 or len(self.read_ahead) < size:
            if not await self.more():
                break
        return self.taken(len(self.read_ahead) if size < 0 else size)

    def __aiter__(self):
        return self

    async def __anext__(self):
        if line := await self.readline():
            return line
        raise StopAsyncIteration
