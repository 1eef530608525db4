/** What a server's own log tells of the connections to it. */
export interface Sessions {
  /** At once. */
  readonly most: number;
  readonly refused: number;
}

/** Reads vsftpd's log: a session is there from CONNECT to QUIT, or to the end of the log. */
export function sessionsIn(log: string): Sessions {
  const open = new Set<string>();
  let [most, refused] = [0, 0];
  for (const line of log.split("\n")) {
    const [, pid, what] = /\[pid (\d+)\].*? (CONNECT|FTP command): Client/.exec(line) ?? [];
    if (pid === undefined) continue;
    if (what === "FTP command") {
      if (line.endsWith('"QUIT"')) open.delete(pid);
    } else if (line.includes("Connection refused")) refused += 1;
    else open.add(pid);
    most = Math.max(most, open.size);
  }
  return { most, refused };
}
