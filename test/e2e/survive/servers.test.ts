import type { Answer, Script, Session } from "../../support/scripted-server.ts";
import { survives } from "../../support/survive.ts";
import type { Hurt } from "../../support/survivor.ts";

const COPY = ["copy: {from: 'bad:/*', to: $OUT/}"];
const MIRROR = ["mirror: {from: 'bad:/', to: $OUT}"];

const files = (...lines: readonly string[]): Answer => {
  return async (session) => {
    session.reply("150 here");
    await session.send(Buffer.from(lines.map((line) => `${line}\r\n`).join("")));
    session.reply("226 done");
  };
};
/** Three files of 1,000 bytes, of which `b` does what it is told to. */
const three = (RETR: Answer, more: Script = {}): Script => ({
  MLSD: files(...["a", "b", "c"].map((name) => `type=file;size=1000;modify=20261121000000; ${name}`)),
  MLST: (session, path) =>
    session.reply("250-", ` type=file;size=1000;modify=20261121000000; ${path}`, "250 End"),
  SIZE: "213 1000",
  RETR: async (session, path) => {
    if (path === "/b" && typeof RETR === "function") return RETR(session, path);
    if (path === "/b") return session.reply(...[RETR as string].flat());
    session.reply("150 here");
    await session.send(Buffer.alloc(1000, "x"));
    session.reply("226 done");
  },
  ...more,
});

/** Sends this again and again, for as long as somebody listens. */
async function drip(session: Session, piece: Uint8Array, everyMs: number): Promise<void> {
  const data = await session.data();
  const timer = setInterval(() => data.write(piece), everyMs);
  await new Promise((resolve) => data.once("close", resolve).on("error", () => {}));
  clearInterval(timer);
}

const AROUND_B = { outcome: "partial", arrives: ["a", "c"] } as const;

const HURTS: readonly Hurt[] = [
  {
    name: "a source that sends for ever",
    job: COPY,
    script: three(async (session) => {
      session.reply("150 here");
      await drip(session, Buffer.alloc(65_536), 1);
    }),
    ...AROUND_B,
    says: /\/b/,
  },
  {
    name: "a source that drips",
    job: COPY,
    script: three(async (session) => {
      session.reply("150 here");
      await drip(session, Buffer.from("x"), 200);
    }),
    ...AROUND_B,
    says: /\/b.*(bytes a second|minimumRate|stall|slow)/i,
  },
  {
    name: "a source that says 150 and no more",
    job: COPY,
    script: three((session) => session.reply("150 here")),
    ...AROUND_B,
    says: /\/b/,
  },
  {
    name: "a source that says 226 and leaves the data connection open",
    job: COPY,
    script: three((session) => session.reply("150 here", "226 done")),
    ...AROUND_B,
    says: /\/b/,
  },
  {
    name: "a source that says 550 and leaves the data connection open",
    job: COPY,
    script: three((session) => session.reply("150 here", "550 no")),
    ...AROUND_B,
    says: /\/b.*550 no/,
  },
  {
    name: "a source that closes when it is asked for a file",
    job: COPY,
    script: three((session) => session.close()),
    ...AROUND_B,
    says: /\/b/,
  },
  {
    name: "a source that closes in the middle of a file, with a 226",
    job: COPY,
    script: three(async (session) => {
      session.reply("150 here");
      await session.send(Buffer.alloc(10));
      session.reply("226 done");
    }),
    ...AROUND_B,
    says: /10 \w+ arrived, but the source has 1000/,
  },
  {
    name: "a source that closes at PASV",
    job: COPY,
    script: three("550 no", { PASV: (session) => session.close(), EPSV: (session) => session.close() }),
    outcome: "failed",
  },
  {
    name: "a source that closes at MLSD",
    job: MIRROR,
    script: { MLSD: (session) => session.close() },
    outcome: "failed",
    says: /closed|lost|ended/,
  },
  {
    name: "a listing that drips",
    job: MIRROR,
    script: {
      MLSD: async (session) => {
        session.reply("150 here");
        await drip(session, Buffer.from("t"), 100);
      },
    },
    outcome: "failed",
    says: /bytes a second|minimumRate|stall|slow/i,
  },
  {
    name: "a listing without end",
    job: MIRROR,
    script: {
      MLSD: async (session) => {
        session.reply("150 here");
        await drip(session, Buffer.alloc(65_536, "x"), 1);
      },
    },
    outcome: "failed",
    says: /over 16384 bytes|line/i,
  },
  {
    name: "a greeting that never comes",
    job: COPY,
    script: { greeting: "" },
    outcome: "failed",
    says: /greeting/,
  },
  {
    name: "a greeting that is put off for ever",
    job: COPY,
    script: { greeting: "120 in a moment" },
    outcome: "failed",
    says: /greeting|reply/,
  },
  {
    name: "a login that is refused",
    job: COPY,
    script: { PASS: "530 no" },
    outcome: "failed",
    says: /530 no/,
  },
  {
    name: "a login that is put off for ever",
    job: COPY,
    script: { PASS: "150 looking you up" },
    outcome: "failed",
    says: /reply/,
  },
  {
    name: "a data address of somebody else",
    job: COPY,
    script: three("550 no", { PASV: "227 (8,8,8,8,20,21)" }),
    outcome: "failed",
  },
  {
    name: "a listing that is refused in every form",
    job: MIRROR,
    script: { MLSD: "550 no", LIST: "550 no", STAT: "550 no" },
    outcome: "failed",
    says: /550 no/,
  },
  {
    name: "directories without end",
    job: [...MIRROR, "maxDirectories: 300"],
    script: {
      CWD: "250 in",
      MLST: (session, path) => session.reply("250-", ` type=dir; ${path}`, "250 End"),
      MLSD: files(...Array.from({ length: 10 }, (_, index) => `type=dir; d${index}`)),
    },
    outcome: "failed",
    says: /directories/,
  },
  {
    name: "a reply without end",
    job: COPY,
    script: {
      PWD: (session) => {
        for (let times = 0; times < 2_000; times += 1) session.write("2".repeat(1_000));
      },
    },
    outcome: "failed",
    says: /over|line|reply/,
  },
  {
    name: "preliminary replies without end",
    job: COPY,
    script: three(async (session) => {
      for (let times = 0; times < 1_000; times += 1) session.reply("150 still");
    }),
    ...AROUND_B,
    says: /\/b/,
  },
  {
    name: "Telnet commands without end",
    job: COPY,
    script: {
      greeting: (session) => {
        for (let times = 0; times < 5_000; times += 1)
          session.write(Buffer.alloc(300, Buffer.from([255, 253, 24])));
      },
    },
    outcome: "failed",
    says: /Telnet/,
  },
  {
    name: "a server that speaks another protocol",
    job: COPY,
    script: { greeting: "SSH-2.0-OpenSSH_9.2" },
    outcome: "failed",
    says: /does not speak FTP/,
  },
];

survives("promise 10: no server ends a daemon, hangs it, or keeps it from others", HURTS);
