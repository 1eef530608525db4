export { randomLoopback, RunningServer, startServer, startServers } from "./running.ts";
export { FAMILIES, type Family, type ServerOptions } from "./server.ts";
