import { expect, test } from "vitest";
import { garbageCollected } from "../support/garbage.ts";
import { moveOne } from "../support/pair.ts";
import { scriptedServer } from "../support/scripted-server.ts";
import { settingsFor } from "../support/settings.ts";

const { timeouts } = settingsFor("any", { address: "127.0.0.1", port: 21 });
const SOON = { ...timeouts, connectMs: 300, replyMs: 6_000 };

/** Where a server falls silent, how the host is set up, and what is said of it. */
const SILENCES = [
  {
    name: "a server that never connects to where we listen",
    script: { RETR: "150 here it comes" },
    more: { dataOpening: "active" },
    says: /no data connection within/,
  },
  {
    name: "a server that never begins TLS after AUTH",
    script: { AUTH: "234 go ahead" },
    more: { tls: { policy: "required", start: "explicit" } },
    says: /TLS/,
  },
] as const;

test.each(SILENCES)(
  "promise 10: however often garbage is collected, no wait is without end: $name",
  async (silence) => {
    using _ = garbageCollected();
    await using source = await scriptedServer(silence.script);
    await using target = await scriptedServer();
    source.files.set("/a", Buffer.alloc(1_000));
    const settings = { timeouts: SOON };
    const { tls } = settingsFor("source", source);
    const each = {
      source: { ...silence.more, tls: { ...tls, ...("tls" in silence.more ? silence.more.tls : {}) } },
    };
    const moving = {
      source,
      target,
      from: "/a",
      to: "/a",
      policy: { fxp: "never" } as const,
      settings,
      each,
    };
    await expect(moveOne(moving)).rejects.toThrow(silence.says);
  },
);
