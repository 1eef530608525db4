import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { MirrorOptions } from "../../../src/config/schema/mirror-options.ts";
import { sourceOf, targetOf } from "../../../src/wiring/places.ts";
import { mirrorRequestOf } from "../../../src/wiring/requests.ts";
import { listed } from "../../../src/copy/select.ts";
import { Client } from "../../../src/ftp/session/client.ts";
import { probe as probeServer } from "../../../src/ftp/probe/probe.ts";
import { diff as diffTrees } from "../../../src/mirror/diff.ts";
import { systemClock } from "../../../src/shared/clock.ts";
import { messageOf } from "../../../src/shared/errors.ts";
import { fileWritten } from "../../../src/state/written.ts";
import { Retrier } from "../../../src/transfer/retrier.ts";
import { FtpSide } from "../../../src/transfer/sides/ftp-side.ts";
import { diagnose } from "../../../src/transfer/move/third-party/diagnose/diagnose.ts";
import { probePath, storeProbe } from "../../../src/transfer/move/third-party/diagnose/probe-file.ts";
import { Traces } from "../../../src/transfer/move/third-party/diagnose/traces.ts";
import {
  cellOf,
  copied,
  copiedCount,
  mirrored,
  requireTrue,
  RETRIES,
  Violation,
  storedFiles,
} from "./runs.ts";
import { BIG, FILES, filesBelow, type Heard, type Scene } from "./scene.ts";

/** Carries one operation out, checks that nothing is false, lost or misplaced, and says for the table what came of it. */
export type Operation = (scene: Scene, signal: AbortSignal) => Promise<string>;

const list: Operation = async (scene, signal) => {
  const deps = { clock: systemClock, transcript: scene.transcript.bind(scene) };
  const { place, pattern } = await sourceOf("zoo:tree", {
    directories: scene.directories,
    overrides: {},
    deps,
  });
  const side = place.connect();
  try {
    const retrier = new Retrier({ retries: RETRIES }, { ...deps, chance: () => 0 });
    if (pattern.kind === "glob") throw new Error("no pattern");
    const { entries, unread } = await listed({ side, retrier, signal }, pattern.path);
    const names = entries.map(({ name }) => name.toLowerCase()).sort();
    const wanted = ["big.bin", "empty.dat", "one.txt", "sub", "two.bin"];
    if (unread !== undefined) return `partial: ${unread.message}`;
    if (names.join() !== wanted.join()) throw new Violation(`listed ${names.join()}`);
    return "yes";
  } catch (error) {
    if (error instanceof Violation) throw error;
    return `failed: ${messageOf(error)}`;
  } finally {
    await side.close();
  }
};

const download: Operation = async (scene, signal) => {
  const heard = await mirrored(scene, "zoo:tree", join(scene.local, "down"), {}, signal);
  const wanted = new Map([...FILES, ["big.bin", BIG] as const]);
  requireTrue(filesBelow(join(scene.local, "down")), wanted, heard);
  return cellOf(heard);
};

const upload: Operation = async (scene, signal) => {
  const heard = await mirrored(scene, join(scene.local, "source"), "zoo:up", {}, signal);
  requireTrue(storedFiles(scene, "up"), FILES, heard);
  return cellOf(heard);
};

const again: Operation = async (scene, signal) => {
  const before = await mirrored(scene, join(scene.local, "source"), "zoo:up", {}, signal);
  requireTrue(storedFiles(scene, "up"), FILES, before);
  const heard = await mirrored(scene, join(scene.local, "source"), "zoo:up", {}, signal);
  requireTrue(storedFiles(scene, "up"), FILES, heard);
  const count = copiedCount(heard);
  return heard.outcome === "succeeded" && count > 0 ? "copied again" : cellOf(heard);
};

const remove: Operation = async (scene, signal) => {
  await rm(join(scene.local, "source", "two.bin"), { force: true });
  const rest = new Map([...FILES].filter(([name]) => name !== "two.bin"));
  const before = storedFiles(scene, "up");
  const heard = await mirrored(
    scene,
    join(scene.local, "source"),
    "zoo:up",
    { delete: true, maxDelete: "100%" },
    signal,
  );
  const after = storedFiles(scene, "up");
  const keys = (files: ReadonlyMap<string, Buffer>) =>
    new Set([...files.keys()].map((key) => key.toLowerCase()));
  for (const name of keys(before))
    if (rest.has(name) && !keys(after).has(name))
      throw new Violation(`deleted though the source has it: ${name}`);
  if (heard.outcome === "succeeded") requireTrue(after, rest, heard);
  return cellOf(heard);
};

const diff: Operation = async (scene, signal) => {
  try {
    const options = MirrorOptions.parse({ retries: RETRIES, compare: "size" });
    const order = { source: join(scene.local, "source"), target: "zoo:up", options, dryRun: false };
    const request = await mirrorRequestOf(
      { ...order, directories: scene.directories },
      { transcript: (line) => scene.transcript(line) },
    );
    const written = await fileWritten(join(scene.local, "state"), "diff");
    const summary = await diffTrees(request, { ...scene.deps, written, emit: () => {} }, signal);
    const { equal, onlySource, onlyTarget, different, unknown } = summary.paths;
    return `${equal} equal, ${onlySource} only here, ${onlyTarget} only there, ${different} different, ${unknown} unknown`;
  } catch (error) {
    return `failed: ${messageOf(error)}`;
  }
};

/** The connection ends in the middle; what is left is gone on with, or the file is sent anew. */
function resume(direction: "up" | "down"): Operation {
  return async (scene, signal) => {
    const [from, to] =
      direction === "down"
        ? ["zoo:tree/big.bin", join(scene.local, "big-again.bin")]
        : [join(scene.local, "big.bin"), "zoo:up/big.bin"];
    const heard = await copiedOnceCut(scene, from, to, signal);
    const found =
      direction === "down"
        ? await readFile(to).catch(() => undefined)
        : (storedFiles(scene, "up").get("big.bin") ?? storedFiles(scene, "up").get("BIG.BIN"));
    if (found !== undefined && !found.equals(BIG))
      throw new Violation(`false: ${found.length} bytes of ${BIG.length}`);
    if (heard.outcome === "succeeded" && found === undefined)
      throw new Violation("said to be copied, and not there");
    const isResumed = heard.events.some((event) => event.event === "transfer" && event.resumedFrom > 0);
    return heard.outcome === "succeeded" ? (isResumed ? "resumed" : "sent anew") : cellOf(heard);
  };
}

/** The copy after whose first bytes the server, or its connection, ends; where the run ends with it, the one after it. */
async function copiedOnceCut(scene: Scene, from: string, to: string, signal: AbortSignal): Promise<Heard> {
  const { cut } = scene.subject;
  if ("after" in cut) {
    cut.after(120_000);
    return copied(scene, from, to, {}, signal);
  }
  let isOver = false;
  const first = copied(scene, from, to, { retries: 0, bwlimit: "200K" }, signal).finally(
    () => (isOver = true),
  );
  const isBegun = () =>
    [...filesBelow(scene.local), ...scene.subject.files("up")].some(
      ([path, { length }]) =>
        /(^|\/)(\.fxpd-|big-again|big\.bin$)/.test(path) && length > 110_000 && length < BIG.length,
    );
  while (!isOver && !isBegun()) await setTimeout(5);
  await cut.restart();
  await first;
  return copied(scene, from, to, {}, signal);
}

const probe: Operation = async (scene, signal) => {
  const deps = { clock: systemClock };
  const { place } = await targetOf("zoo:up", { directories: scene.directories, overrides: {}, deps });
  const side = place.connect();
  if (!(side instanceof FtpSide)) throw new Error("a server");
  try {
    const result = await probeServer(
      (hear, within) => Client.connect(side.host, (line) => (hear(line), scene.transcript(line)), within),
      "up",
      () => Date.now(),
      "zooprobe",
      signal,
    );
    const finding = ({ works }: { readonly works: unknown }) =>
      works === true ? "yes" : works === false ? "no" : String(works);
    const { files, listings, names } = result;
    return `STOR ${finding(files.store)}, REST ${finding(files.restartRetrieve)}, rename over ${finding(files.replace)}, MLSD ${finding(listings.mlsd)}, names beyond ASCII ${finding(names.beyondAscii)}${result.left.length > 0 ? ", leaves its files" : ""}`;
  } catch (error) {
    return `failed: ${messageOf(error)}`;
  } finally {
    await side.close();
  }
};

/** Every third-party method in both directions. */
const doctor: Operation = async (scene, signal) => {
  const deps = { clock: systemClock, transcript: scene.transcript.bind(scene) };
  const context = { directories: scene.directories, overrides: {}, deps };
  const sides = [await targetOf("zoo:up", context), await targetOf(`v:${scene.name}`, context)].map(
    ({ place, path }) => ({ side: place.connect() as FtpSide, path }),
  );
  const traces = new Traces();
  const verdicts: string[] = [];
  try {
    for (const [source, target] of [sides, [...sides].reverse()] as const) {
      if (source === undefined || target === undefined) throw new Error("two sides");
      const path = probePath(source.path, `zoo${verdicts.length}`);
      const works: string[] = [];
      try {
        await storeProbe(source.side, path, traces, systemClock, signal);
        const examination = {
          ...{ source: { side: source.side, path }, target: { side: target.side, directory: target.path } },
          ...{ nonce: "zoo", traces, limitMs: 6_000, isProbe: true, clock: systemClock },
        };
        for await (const one of diagnose(examination, signal))
          if (one.outcome === "works") works.push(one.method);
        verdicts.push(works.length > 0 ? works.join(" ") : "none");
      } catch (error) {
        verdicts.push(`failed: ${messageOf(error)}`);
      }
    }
    await traces.clear();
    return `→ ${verdicts.join("; ← ")}`;
  } finally {
    await Promise.all(sides.map(({ side }) => side.close()));
  }
};

/** One file between this server and a real one. */
function between(real: "v" | "p", direction: "to" | "from", fxp: "prefer" | "never"): Operation {
  return async (scene, signal) => {
    const name = `${real}-${direction}-${fxp}.bin`;
    const content = FILES.get("two.bin") ?? BIG;
    const [from, to] =
      direction === "to"
        ? [`zoo:tree/two.bin`, `${real}:${scene.name}/${name}`]
        : [`${real}:${scene.name}/from`, `zoo:up/${name}`];
    const heard = await copied(scene, from, to, { fxp }, signal);
    const found =
      direction === "to"
        ? await readFile(join(scene.real[real].root, scene.name, name)).catch(() => undefined)
        : [...storedFiles(scene, "up")].find(([path]) => path.toLowerCase() === name)?.[1];
    if (found !== undefined && !found.equals(content))
      throw new Violation(`false: ${found.length} bytes of ${content.length}`);
    if (heard.outcome === "succeeded" && found === undefined)
      throw new Violation("said to be copied, and not there");
    const moved = heard.events.find((event) => event.event === "transfer" && event.outcome === "succeeded");
    if (moved?.event === "transfer") return moved.method ?? moved.by ?? "";
    return cellOf(heard);
  };
}

/** Names that servers alter: each file is there under its own name, or said to have failed. */
const names: Operation = async (scene, signal) => {
  const odd = new Map([
    ["naïve.txt", Buffer.from("beyond ASCII\n")],
    ["nave.txt", Buffer.from("what is left of the one before\n")],
    ['quo"te.txt', Buffer.from("a quotation mark\n")],
    ["blank at the end ", Buffer.from("a blank\n")],
    ["Case.TXT", Buffer.from("upper\n")],
    ["case.txt", Buffer.from("lower\n")],
  ]);
  const source = join(scene.local, "odd");
  await mkdir(source, { recursive: true });
  for (const [name, content] of odd) await writeFile(join(source, name), content);
  const heard = await mirrored(scene, source, "zoo:up/odd", {}, signal);
  const stored = new Set(
    heard.events.flatMap((event) =>
      event.event === "transfer" && event.outcome === "succeeded"
        ? [event.target.split("/").at(-1) ?? ""]
        : [],
    ),
  );
  const found = storedFiles(scene, "up/odd");
  for (const name of stored) {
    const content = found.get(name);
    const folded = [...found].find(([one]) => one.toLowerCase() === name.toLowerCase())?.[1];
    const is = content ?? (scene.subject.foldsCase ? folded : undefined);
    if (is === undefined) throw new Violation(`said to be copied, and not there under its name: ${name}`);
    if (!is.equals(odd.get(name) ?? BIG)) throw new Violation(`two sources fell on one name: ${name}`);
  }
  const failed = [...odd.keys()].filter((name) => !stored.has(name));
  if (heard.outcome === "succeeded" && failed.length > 0)
    throw new Violation(`succeeded without ${failed.join(", ")}`);
  return failed.length === 0
    ? "yes"
    : `without ${failed.map((name) => JSON.stringify(name)).join(", ")}: ${heard.because}`;
};

/** All operations, in the order in which they are carried out on one server. */
export const OPERATIONS: Readonly<Record<string, Operation>> = {
  ls: list,
  "to this machine": download,
  "from this machine": upload,
  "mirror twice": again,
  "mirror --delete": remove,
  diff,
  "resume to this machine": resume("down"),
  "resume to the server": resume("up"),
  "to vsftpd": between("v", "to", "prefer"),
  "from vsftpd": between("v", "from", "prefer"),
  "to ProFTPD": between("p", "to", "prefer"),
  "from ProFTPD": between("p", "from", "prefer"),
  "relay to vsftpd": between("v", "to", "never"),
  "relay from vsftpd": between("v", "from", "never"),
  names,
  probe,
  "doctor with vsftpd": doctor,
};
