import type { Gathering } from "../imported.ts";
import type { LftpPattern } from "./filters.ts";
import { segmentsOf } from "./transfer-line.ts";

/** What a line of `mirror` says. */
export interface MirrorLine {
  /** Source and target, as far as they are given. */
  readonly paths: readonly string[];
  readonly isReverse: boolean;
  readonly dereferences: boolean;
  readonly isWithoutLinks: boolean;
  readonly isWithoutPermissions: boolean;
  /** Whether modes are copied as they are, without those bits that new files here do not have either. */
  readonly isWithoutUmask: boolean;
  /** Whether the setuid and setgid bits are copied as well. */
  readonly keepsSetIds: boolean;
  readonly patterns: readonly LftpPattern[];
  /** Files (`-f`) and directories (`-F`) instead of a source. */
  readonly files: readonly string[];
  readonly directories: readonly string[];
  readonly base?: string;
  readonly removesFiles: boolean;
  /** Keys of the job that follow from options. */
  readonly keys: Readonly<Record<string, unknown>>;
  /** Why this cannot be expressed here without doing more than lftp did. */
  readonly refused?: string;
}

type Draft = { -readonly [K in keyof MirrorLine]: MirrorLine[K] } & {
  paths: string[];
  patterns: LftpPattern[];
  files: string[];
  directories: string[];
  keys: Record<string, unknown>;
};

interface Option {
  readonly takes: "nothing" | "value" | "maybe";
  readonly short?: string;
  readonly act: (draft: Draft, value: string, tell: (because: string) => void) => void;
}

const needless = (short?: string): Option => ({
  takes: "nothing",
  ...(short ? { short } : {}),
  act: () => {},
});
const unsupported = (because: string, takes: Option["takes"] = "nothing"): Option => ({
  takes,
  act: (_, __, tell) => tell(because),
});
const key = (name: string, value: unknown, short?: string): Option => ({
  takes: "nothing",
  ...(short ? { short } : {}),
  act: (draft) => (draft.keys[name] = value),
});
const pattern = (short: string, kind: LftpPattern["kind"], form: LftpPattern["form"]): Option => ({
  ...{ takes: "value", short },
  act: (draft, text) => draft.patterns.push({ kind, form, text }),
});
const refused = (because: string, takes: Option["takes"] = "nothing"): Option => ({
  takes,
  act: (draft) => (draft.refused = because),
});
const deletes = (draft: Draft) => {
  draft.keys["delete"] = true;
  draft.keys["maxDelete"] = "100%";
};

/** The options of lftp 4.9's `mirror` (src/MirrorJob.cc). */
const OPTIONS: Readonly<Record<string, Option>> = {
  continue: needless("c"),
  delete: { takes: "nothing", short: "e", act: deletes },
  "delete-first": {
    takes: "nothing",
    act: (draft, _, tell) => {
      deletes(draft);
      tell("files are deleted last, after a run without errors");
    },
  },
  "delete-excluded": unsupported("excluded files are never deleted at the target"),
  "depth-first": needless(),
  "scan-all-first": needless(),
  "allow-suid": { takes: "nothing", short: "s", act: (draft) => (draft.keepsSetIds = true) },
  "allow-chown": unsupported("owners are not copied"),
  ascii: refused("files are copied byte for byte, and --ascii changes the ends of their lines"),
  "ignore-time": key("compare", "size"),
  "ignore-size": key("compare", "time"),
  "only-missing": key("onExists", "skip"),
  "only-existing": refused("no option copies only what the target has already"),
  // Files that are missing are no older ones: with --only-missing it says nothing more.
  "only-newer": {
    takes: "nothing",
    short: "n",
    act: ({ keys }) => {
      keys["onExists"] ??= "newer";
    },
  },
  "upload-older": needless(),
  "transfer-all": unsupported("files that are equal are not copied again"),
  "no-empty-dirs": unsupported("empty directories are created"),
  "no-recursion": key("maxDepth", 0, "r"),
  recursion: {
    takes: "value",
    act: (draft, mode, tell) => {
      if (mode === "never") draft.keys["maxDepth"] = 0;
      else if (mode !== "always") tell("all directories are entered");
    },
  },
  "no-symlinks": { takes: "nothing", act: (draft) => (draft.isWithoutLinks = true) },
  "no-perms": { takes: "nothing", short: "p", act: (draft) => (draft.isWithoutPermissions = true) },
  "no-umask": { takes: "nothing", act: (draft) => (draft.isWithoutUmask = true) },
  reverse: { takes: "nothing", short: "R", act: (draft) => (draft.isReverse = true) },
  dereference: { takes: "nothing", short: "L", act: (draft) => (draft.dereferences = true) },
  overwrite: needless(),
  "no-overwrite": needless(),
  "newer-than": { takes: "value", short: "N", act: (draft, when) => setMoment(draft, "newerThan", when) },
  "older-than": { takes: "value", act: (draft, when) => setMoment(draft, "olderThan", when) },
  "size-range": { takes: "value", act: setSizes },
  parallel: { takes: "maybe", short: "P", act: setParallel },
  "use-pget-n": { takes: "maybe", act: setSegments },
  "use-pget": { takes: "maybe", act: setSegments },
  "on-change": unsupported("no program is started after a run", "value"),
  loop: unsupported("the directories are compared once for each run"),
  include: pattern("i", "include", "expression"),
  exclude: pattern("x", "exclude", "expression"),
  "include-glob": pattern("I", "include", "glob"),
  "exclude-glob": pattern("X", "exclude", "glob"),
  "include-rx-from": refused("patterns in files are not read; write them into rules", "value"),
  "exclude-rx-from": refused("patterns in files are not read; write them into rules", "value"),
  "include-glob-from": refused("patterns in files are not read; write them into rules", "value"),
  "exclude-glob-from": refused("patterns in files are not read; write them into rules", "value"),
  file: { takes: "value", short: "f", act: (draft, path) => draft.files.push(path) },
  directory: { takes: "value", short: "F", act: (draft, path) => draft.directories.push(path) },
  "target-directory": { takes: "value", short: "O", act: (draft, path) => (draft.base = path) },
  verbose: { takes: "maybe", act: () => {} },
  log: { takes: "value", act: (_, __, tell) => tell("fxpd keeps logs of its own: fxpd logs RUN") },
  script: refused("it does nothing but write a script", "value"),
  "just-print": refused("it only shows what would be done; as fxpd mirror --dry-run does"),
  "dry-run": refused("it only shows what would be done; as fxpd mirror --dry-run does"),
  "max-errors": unsupported("a run goes on with other files after an error", "value"),
  "skip-noaccess": needless(),
  "use-cache": needless(),
  "Remove-source-files": { takes: "nothing", act: (draft) => (draft.removesFiles = true) },
  "Remove-source-dirs": refused("directories are not deleted at the source"),
  Move: refused("directories are not deleted at the source"),
};

const SHORT: Readonly<Record<string, string | undefined>> = Object.fromEntries(
  Object.entries(OPTIONS).flatMap(([name, { short }]) => (short === undefined ? [] : [[short, name]])),
);

/** Reads the words after `mirror`, as getopt_long(3) does; what has no equivalent here is reported with its line. */
export function readMirror(words: readonly string[], line: number, found: Gathering): MirrorLine {
  const draft: Draft = {
    ...{
      paths: [],
      isReverse: false,
      dereferences: false,
      isWithoutLinks: false,
      isWithoutPermissions: false,
      isWithoutUmask: false,
      keepsSetIds: false,
    },
    ...{ patterns: [], files: [], directories: [], removesFiles: false, keys: {} },
  };
  const act = (name: string, shown: string, value: string) =>
    OPTIONS[name]?.act(draft, value, (because) => found.leave(line, `mirror ${shown}`, because));
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? "";
    if (word === "--") {
      draft.paths.push(...words.slice(at + 1));
      break;
    }
    const [, long, value] = /^--([^=]+)(?:=([^]*))?$/.exec(word) ?? [];
    if (long !== undefined) {
      const name = nameOf(long);
      if (name === undefined) found.leave(line, `mirror --${long}`, "lftp 4.9 has no such option");
      else if (OPTIONS[name]?.takes === "value" && value === undefined)
        act(name, `--${name}`, words[(at += 1)] ?? "");
      else act(name, `--${name}`, value ?? "");
    } else if (/^-[^-]/.test(word)) at += readShort(word.slice(1), words[at + 1]);
    else draft.paths.push(word);
  }
  return draft;

  /** Letters after one dash. @returns how many further words were taken */
  function readShort(letters: string, next: string | undefined): number {
    for (const [index, letter] of [...letters].entries()) {
      const rest = letters.slice(index + 1);
      if (letter === "v" || letter === "a") continue;
      const name = SHORT[letter];
      if (name === undefined) {
        found.leave(line, `mirror -${letter}`, "lftp 4.9 has no such option");
        continue;
      }
      // Only written out it may go without a value.
      if (OPTIONS[name]?.takes === "nothing") act(name, `-${letter}`, "");
      else {
        act(name, `-${letter}`, rest || (next ?? ""));
        return rest === "" ? 1 : 0;
      }
    }
    return 0;
  }
}

/** A name may be cut where it stays unique. */
function nameOf(long: string): string | undefined {
  if (Object.hasOwn(OPTIONS, long)) return long;
  const longer = Object.keys(OPTIONS).filter((name) => name.startsWith(long));
  return longer.length === 1 ? longer[0] : undefined;
}

const UNITS: Readonly<Record<string, number>> = {
  minute: 60,
  hour: 3_600,
  day: 86_400,
  week: 604_800,
  month: 2_592_000,
  year: 31_536_000,
};

/** As at(1) has it: `now-7days`, `2 weeks ago`; and dates. */
function setMoment(draft: Draft, name: string, when: string): void {
  const [, count, unit] =
    /^(?:now\s*-\s*)?(\d{1,6})\s*-?\s*(minute|hour|day|week|month|year)s?(?:\s+ago)?$/i.exec(when.trim()) ??
    [];
  const seconds = Number(count) * (UNITS[unit?.toLowerCase() ?? ""] ?? Number.NaN);
  if (seconds > 0) draft.keys[name] = seconds % 86_400 === 0 ? `${seconds / 86_400}d` : `${seconds / 60}m`;
  else if (/^\d{4}-\d\d-\d\d$/.test(when)) draft.keys[name] = when;
  else
    draft.refused = `the time of --${name === "newerThan" ? "newer" : "older"}-than is in a format that fxpd cannot read`;
}

/** `100k-2M`; one of the two may be missing. */
function setSizes(draft: Draft, range: string): void {
  const [, least, most] = /^(\d+[kmgt]?)?-(\d+[kmgt]?)?$/i.exec(range.trim()) ?? [];
  if (least === undefined && most === undefined)
    draft.refused = "the range of --size-range is in a format that fxpd cannot read";
  if (least !== undefined) draft.keys["minSize"] = binary(least);
  if (most !== undefined) draft.keys["maxSize"] = binary(most);
}

/** Its units are powers of 1024. */
function binary(size: string): string {
  return size.replace(/[kmgt]$/i, (unit) => `${unit.toUpperCase()}iB`);
}

/** Without a number it takes `pget:default-n`, which is 5. */
function setSegments(draft: Draft, count: string): void {
  Object.assign(draft.keys, segmentsOf(count || "5"));
}

function setParallel(draft: Draft, count: string): void {
  const parallel = Number(count);
  if (parallel >= 1 && parallel <= 64) draft.keys["parallel"] = parallel;
}

/** Of cron and nearly every shell. */
const UMASK = 0o022;
const SET_IDS = 0o6000;

/** The bits of modes that its get_mode_mask() leaves out, in octal. */
export function maskOf({ isWithoutUmask, keepsSetIds }: MirrorLine): { readonly permissionsMask?: string } {
  const mask = (isWithoutUmask ? 0 : UMASK) | (keepsSetIds ? 0 : SET_IDS);
  return mask === 0 ? {} : { permissionsMask: mask.toString(8).padStart(3, "0") };
}

/** It sets the times of what it has fetched. */
export const COPIED = { preserveTimes: true };
/** Keys of a mirror that a copy has as well. */
export const COPY_KEYS = new Set(["fxp", "timeout", "retries", "parallel", "onExists", "segments"]);
/** What makes a mirror take fewer files, or delete at its target: a copy has none of these. */
export const SELECTING = ["delete", "newerThan", "olderThan", "minSize", "maxSize"];
