// One FTP server of npm, as test/servers/strangers/node.ts starts it.
const { createReadStream, createWriteStream, ...fs } = require("node:fs");
const { createRequire } = require("node:module");

const [name, modules, host, port, root, password, first, last] = process.argv.slice(2);
const load = createRequire(modules);
process.umask(0);

const START = {
  "ftp-srv"() {
    const Server = load("ftp-srv");
    const url = `ftp://${host}:${port}`;
    const server = new Server({ url, pasv_url: host, pasv_min: Number(first), pasv_max: Number(last) });
    server.on("login", (account, enter, refuse) =>
      account.password === password ? enter({ root }) : refuse(new Error("wrong password")),
    );
    server.listen();
  },
  ftpd() {
    const { FtpServer } = load("ftpd");
    const ports = { pasvPortRangeStart: Number(first), pasvPortRangeEnd: Number(last) };
    const streams = { useWriteFile: false, useReadFile: false };
    const server = new FtpServer(host, {
      ...{ getInitialCwd: () => "/", getRoot: () => root },
      ...ports,
      ...streams,
    });
    server.on("error", (error) => console.error(error));
    server.on("client:connected", (connection) => {
      let user;
      connection.on("command:user", (said, enter) => ((user = said), enter()));
      connection.on("command:pass", (said, enter, refuse) => (said === password ? enter(user) : refuse()));
    });
    server.listen(Number(port), host);
  },
  "simple-ftpd"() {
    const serve = load("simple-ftpd");
    serve({ host, port: Number(port), root, readOnly: false, maxConnections: 100 }, (session) => {
      session.on("pass", (user, said, done) => done(said === password ? null : new Error("wrong password")));
      session.on("read", (path, start, done) => done(null, createReadStream(path, { start })));
      session.on("write", (path, start, done) =>
        done(null, createWriteStream(path, { start, flags: start > 0 ? "r+" : "w" })),
      );
      for (const verb of ["stat", "readdir", "mkdir", "unlink", "rename"]) session.on(verb, fs[verb]);
      session.on("remove", (path, done) => fs.rm(path, { recursive: true }, done));
    });
  },
};
START[name]();
