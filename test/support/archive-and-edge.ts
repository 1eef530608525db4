import { type RunningServer, startServers } from "../servers/index.ts";

/** Two real servers: a vsftpd to copy from, and a ProFTPD to copy to. */
export interface ArchiveAndEdge extends AsyncDisposable {
  readonly archive: RunningServer;
  readonly edge: RunningServer;
}

/**
 * @param bytesPerSecond that the archive sends on each connection, at most; 0: no limit
 * @param settings further lines of the archive's vsftpd.conf
 */
export async function archiveAndEdge(
  bytesPerSecond = 0,
  settings: readonly string[] = [],
): Promise<ArchiveAndEdge> {
  const slowed = { family: "vsftpd", settings: [`anon_max_rate=${bytesPerSecond}`, ...settings] } as const;
  const started = await startServers([slowed, { family: "proftpd" }]);
  const [archive, edge] = started.servers as [RunningServer, RunningServer];
  return { archive, edge, [Symbol.asyncDispose]: () => started[Symbol.asyncDispose]() };
}
