"""One FTP server of Twisted, as test/servers/strangers/python.ts starts it."""

import os
import sys

from twisted.cred.checkers import InMemoryUsernamePasswordDatabaseDontUse
from twisted.cred.portal import Portal
from twisted.internet import reactor
from twisted.protocols.ftp import BaseFTPRealm, FTPFactory
from twisted.python.filepath import FilePath

address, port, root, user, password, first, last = sys.argv[1:]
os.umask(0)


class Realm(BaseFTPRealm):
    """One directory for everybody."""

    def getHomeDirectory(self, avatarId):
        return FilePath(root)


accounts = InMemoryUsernamePasswordDatabaseDontUse()
accounts.addUser(user, password)
factory = FTPFactory(Portal(Realm(root), [accounts]))
factory.passivePortRange = range(int(first), int(last) + 1)
reactor.listenTCP(int(port), factory, interface=address)
reactor.run()
