"""One aioftp server, as test/servers/strangers/python.ts starts it."""

import asyncio
import sys

import aioftp

address, port, root, user, password, first, last = sys.argv[1:]


async def serve():
    account = aioftp.User(user, password, base_path=root, home_path="/")
    server = aioftp.Server([account], path_io_factory=aioftp.AsyncPathIO, data_ports=range(int(first), int(last) + 1))
    await server.start(address, int(port))
    await server.serve_forever()


asyncio.run(serve())
