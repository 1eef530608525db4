"""One pyftpdlib server, as test/servers/pyftpdlib.ts starts it."""

import argparse
import logging
import os

from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.handlers import DTPHandler, FTPHandler
from pyftpdlib.servers import FTPServer

arguments = argparse.ArgumentParser()
arguments.add_argument("--address", required=True)
arguments.add_argument("--port", type=int, required=True)
arguments.add_argument("--passive", required=True)
arguments.add_argument("--root", required=True)
arguments.add_argument("--user", required=True)
arguments.add_argument("--password", required=True)
arguments.add_argument("--per-address", type=int, default=0)
arguments.add_argument("--idle", type=int, default=300)
arguments.add_argument("--foreign", action="store_true")
arguments.add_argument("--certificate")
arguments.add_argument("--tls-required", action="store_true")
chosen = arguments.parse_args()

logging.basicConfig(level=logging.DEBUG)
os.umask(0)

accounts = DummyAuthorizer()
accounts.add_user(chosen.user, chosen.password, chosen.root, perm="elradfmwMT")

if chosen.certificate:
    from pyftpdlib.handlers import TLS_DTPHandler, TLS_FTPHandler

    class Data(TLS_DTPHandler):
        timeout = chosen.idle

    class Session(TLS_FTPHandler):
        certfile = chosen.certificate
        tls_control_required = chosen.tls_required
        tls_data_required = chosen.tls_required
else:

    class Data(DTPHandler):
        timeout = chosen.idle

    class Session(FTPHandler):
        pass


first, last = (int(number) for number in chosen.passive.split("-"))
Session.dtp_handler = Data
Session.authorizer = accounts
Session.timeout = chosen.idle
Session.permit_foreign_addresses = chosen.foreign
Session.passive_ports = range(first, last + 1)
# With sendfile a transfer that is cut is logged and ended differently from one over TLS.
Session.use_sendfile = not chosen.certificate

server = FTPServer((chosen.address, chosen.port), Session)
server.max_cons_per_ip = chosen.per_address
server.serve_forever()
