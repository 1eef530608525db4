import { execFileSync } from "node:child_process";
import { lstatSync, readFileSync, type Stats, statSync } from "node:fs";
import { userInfo } from "node:os";
import { ConfigError } from "../errors.ts";
import { distrustOf, type Reader } from "./ownership.ts";

/** How long the system may take to look a group up. */
const LOOKUP_MS = 5_000;

/** What a fault ends with: people ask what the matter is with a file that they can read. */
const WHY = "its contents decide what fxpd does as your user";

/**
 * Why a file or a directory is not to be read, in a sentence with the command that mends it; undefined where it may be,
 * where there is none, and where the system knows no owners.
 * @param is what was opened, where it was; a symbolic link counts as well
 * @param mayBeSticky see {@link distrustOf}
 */
export function faultOfOwner(path: string, is?: Stats, mayBeSticky = true): string | undefined {
  const reader = readerHere();
  if (reader === undefined) return undefined;
  for (const stats of [seen(() => lstatSync(path)), is ?? seen(() => statSync(path))]) {
    if (stats === undefined) continue;
    // A link has no permissions of its own, only an owner.
    const mode = stats.isSymbolicLink() ? 0 : stats.mode;
    const { uid, gid } = stats;
    const distrust = distrustOf(
      { path, uid, gid, mode, isDirectory: stats.isDirectory() },
      reader,
      mayBeSticky,
    );
    if (distrust !== undefined) {
      const link = stats.isSymbolicLink() ? "the symbolic link " : "";
      const remedy = link === "" ? distrust.remedy : distrust.remedy.replace("chown", "chown -h");
      return `${link}${path} ${distrust.because}, and ${WHY}; ${remedy}`;
    }
  }
  return undefined;
}

/** @throws ConfigError where somebody else may have written it, or anything in it */
export function requireOwn(path: string, is?: Stats, mayBeSticky = true): void {
  const fault = faultOfOwner(path, is, mayBeSticky);
  if (fault !== undefined) throw new ConfigError(fault);
}

function seen(look: () => Stats): Stats | undefined {
  try {
    return look();
  } catch {
    // A file that cannot be examined cannot be read either; the attempt to read it reports that.
    return undefined;
  }
}

let reader: Reader | undefined;

function readerHere(): Reader | undefined {
  const uid = process.geteuid?.();
  if (uid === undefined) return undefined;
  if (reader?.uid === uid) return reader;
  const name = nameOf(uid);
  const known = new Map<number, boolean>();
  const isPrivate = (gid: number) => {
    const is = known.get(gid) ?? isOwnGroup(membersOf(gid), isIn(gid), name);
    known.set(gid, is);
    return is;
  };
  reader = { uid, name, isPrivate };
  return reader;
}

/**
 * Whether nobody but this user and root is in a group, and somebody is: one without members is for programs that take on
 * its rights, as ssh on Debian sees it.
 * @param members undefined: not known
 */
function isOwnGroup(members: readonly string[] | undefined, isMine: boolean, name: string): boolean {
  if (members === undefined) return false;
  return (isMine || members.length > 0) && members.every((member) => member === "root" || member === name);
}

/** Whether this process has the rights of a group; in a container that may be one without a name. */
function isIn(gid: number): boolean {
  return process.getegid?.() === gid || process.getgroups?.().includes(gid) === true;
}

/** A user who has no name, as in many containers, is called by number. */
function nameOf(uid: number): string {
  try {
    return userInfo().username;
  } catch {
    return String(uid);
  }
}

/** Who is in a group, by name; undefined where that cannot be found out. */
function membersOf(gid: number): readonly string[] | undefined {
  const named = namedIn(gid);
  if (named === undefined) return undefined;
  const first = linesOf("/etc/passwd").flatMap(([name = "", , , group]) =>
    Number(group) === gid ? name : [],
  );
  return [...named, ...first];
}

/** Users that the system's directories name, of which files are but one. */
function namedIn(gid: number): readonly string[] | undefined {
  try {
    const line = execFileSync("getent", ["group", String(gid)], {
      timeout: LOOKUP_MS,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
    return membersIn(line.trim().split(":"));
  } catch (error) {
    // It ends with 2 where there is no such group, and so nobody in it.
    if ((error as { readonly status?: unknown }).status === 2) return [];
    const line = linesOf("/etc/group").find(([, , number]) => Number(number) === gid);
    return line && membersIn(line);
  }
}

function membersIn([, , , members = ""]: readonly string[]): readonly string[] {
  return members.split(",").filter((name) => name !== "");
}

function linesOf(file: string): readonly (readonly string[])[] {
  try {
    return readFileSync(file, "utf8")
      .split("\n")
      .map((line) => line.split(":"));
  } catch {
    return [];
  }
}
