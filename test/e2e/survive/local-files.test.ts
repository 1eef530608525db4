import { execFileSync } from "node:child_process";
import { appendFile, chmod, mkdir, rename, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { survives } from "../../support/survive.ts";
import type { Hurt, Place } from "../../support/survivor.ts";
import type { Script } from "../../support/scripted-server.ts";

const MIRROR = ["mirror: {from: $IN, to: 'bad:/'}", "parallel: 1"];

/** Four files, of which the second one is hurt. */
const four = async ({ in: tree }: Place, bytes = 10) => {
  for (const name of ["a", "b", "c", "d"]) await writeFile(join(tree, name), Buffer.alloc(bytes, name));
};

/** A target at which something is done when the first file comes. */
const atFirst = (act: () => Promise<void>): Script => {
  let isFirst = true;
  return {
    STOR: async (session, path) => {
      if (isFirst) await act();
      isFirst = false;
      session.reply("150 go ahead");
      session.files.set(path, await session.receive());
      session.reply("226 done");
    },
  };
};

const HURTS: readonly Hurt[] = [
  {
    name: "a file that may not be read",
    job: MIRROR,
    script: {},
    arrange: async (place) => {
      await four(place);
      await chmod(join(place.in, "b"), 0);
    },
    outcome: "partial",
    says: /b: permission denied/,
  },
  {
    name: "a directory that may not be read",
    job: MIRROR,
    script: {},
    arrange: async (place) => {
      await four(place);
      await mkdir(join(place.in, "e"));
      await chmod(join(place.in, "e"), 0);
    },
    outcome: "partial",
    says: /e: permission denied/,
  },
  {
    name: "a FIFO",
    job: ["copy: {from: $IN/b, to: 'bad:/'}"],
    script: {},
    arrange: ({ in: tree }) => void execFileSync("mkfifo", [join(tree, "b")]),
    outcome: "failed",
    says: /neither a file nor a directory/,
  },
  {
    name: "a socket",
    job: ["copy: {from: $IN/s, to: 'bad:/'}"],
    script: {},
    arrange: ({ in: tree }) =>
      new Promise((resolve) => {
        const server = createServer().listen(join(tree, "s"), resolve);
        server.unref();
      }),
    outcome: "failed",
    says: /neither a file nor a directory/,
  },
  {
    name: "links that lead nowhere, back, and out",
    job: MIRROR,
    script: {},
    arrange: async (place) => {
      await four(place);
      await symlink("nowhere", join(place.in, "e"));
      await symlink(".", join(place.in, "f"));
      await symlink("/etc/hostname", join(place.in, "g"));
    },
    outcome: "succeeded",
  },
  {
    name: "a file that vanishes after it was listed",
    job: MIRROR,
    script: ({ in: tree }) => atFirst(() => rm(join(tree, "c"))),
    arrange: (place) => four(place),
    outcome: "partial",
    says: /c: (no such file|gone)/,
  },
  {
    name: "a file that grows",
    job: MIRROR,
    script: ({ in: tree }) => atFirst(() => appendFile(join(tree, "c"), "more of it")),
    arrange: (place) => four(place),
    outcome: "partial",
    says: /c: /,
  },
  {
    name: "a file that shrinks",
    job: MIRROR,
    script: ({ in: tree }) => atFirst(() => truncate(join(tree, "c"), 3)),
    arrange: (place) => four(place),
    outcome: "partial",
    says: /c: /,
  },
  {
    name: "a file that becomes a directory",
    job: MIRROR,
    script: ({ in: tree }) =>
      atFirst(async () => {
        await rm(join(tree, "c"));
        await mkdir(join(tree, "c"));
      }),
    arrange: (place) => four(place),
    outcome: "partial",
    says: /c: /,
  },
  {
    name: "a tree that goes away",
    job: MIRROR,
    script: ({ in: tree }) => atFirst(() => rename(tree, `${tree}.away`)),
    arrange: (place) => four(place),
    outcome: "failed",
    says: /no such file/,
  },
  {
    name: "a name with a line break",
    job: MIRROR,
    script: {},
    arrange: async (place) => {
      await four(place);
      await writeFile(join(place.in, "bad\nname"), "x");
    },
    outcome: "partial",
    says: /bad\\nname.*its name contains/,
  },
  {
    name: "a target file system that is full",
    job: ["copy: {from: 'bad:/*', to: $FULL/}"],
    script: {
      MLSD: async (session) => {
        session.reply("150 here");
        await session.send(Buffer.from("type=file;size=3000000; big\r\n"));
        session.reply("226 done");
      },
      SIZE: "213 3000000",
      RETR: async (session) => {
        session.reply("150 here");
        await session.send(Buffer.alloc(3_000_000));
        session.reply("226 done");
      },
    },
    outcome: "failed",
    says: /ENOSPC|no space left|full/i,
  },
  {
    name: "a target directory that may not be written to",
    job: ["copy: {from: 'bad:/*', to: $OUT/}"],
    script: {
      MLSD: async (session) => {
        session.reply("150 here");
        await session.send(Buffer.from("type=file;size=3; x\r\n"));
        session.reply("226 done");
      },
      SIZE: "213 3",
      RETR: async (session) => {
        session.reply("150 here");
        await session.send(Buffer.from("abc"));
        session.reply("226 done");
      },
    },
    arrange: ({ out }) => chmod(out, 0o555),
    outcome: "failed",
    says: /permission denied/,
  },
  {
    name: "a rule that takes other engines for ever",
    job: [...MIRROR, 'exclude: ["re:^(a+)+$"]'],
    script: {},
    arrange: async (place) => {
      await four(place);
      await writeFile(join(place.in, `${"a".repeat(60)}!`), "x");
    },
    outcome: "succeeded",
  },
];

survives("promise 10: nothing ends a daemon, hangs it, or makes it begin without end", HURTS);
