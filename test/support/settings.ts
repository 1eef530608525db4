import type { HostSettings } from "../../src/ftp/settings.ts";

interface Reachable {
  readonly address: string;
  readonly port: number;
  readonly user?: string;
  readonly password?: string;
}

/** Settings for a server of the tests: short times, no TLS unless asked for. */
export function settingsFor(name: string, server: Reachable, more: Partial<HostSettings> = {}): HostSettings {
  return {
    name,
    address: server.address,
    port: server.port,
    credentials: {
      user: server.user ?? "tester",
      password: async () => server.password ?? "correct-horse-7",
    },
    tls: { policy: "off", start: "explicit", verify: true },
    dataAddresses: [],
    dataOpening: "auto",
    commandsAhead: true,
    limits: { connections: 8 },
    timeouts: { connectMs: 5_000, replyMs: 10_000, stallMs: 10_000, idleMs: 60_000 },
    ...more,
  };
}
