import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { placeIn } from "../../../src/orchestrator/kv/embedded/place.ts";
import { AuditTrail } from "../../../src/state/audit/audit-trail.ts";
import { ownKey } from "../../../src/state/own-key.ts";
import { makeOwnDirectory, StateError, writingState } from "../../../src/state/state-error.ts";

function refusedBy(code: string): Error {
  return Object.assign(new Error(`${code}: as the system says it, write`), {
    code,
    errno: -1,
    syscall: "write",
  });
}

test.each([
  ["ENOSPC", "no space left on the disk (ENOSPC); free some space there, or set"],
  ["EDQUOT", "disk quota exceeded (EDQUOT); free some space there, or set"],
  ["EROFS", "the file system is read-only (EROFS); make it writable, or set"],
  ["EIO", "disk input/output error (EIO); check that directory, or set"],
])("a state directory that cannot be written (%s) is named, with what to do", (code, words) => {
  const act = () =>
    writingState("/var/lib/fxpd", () => {
      throw refusedBy(code);
    });
  expect(act).toThrow(StateError);
  expect(act).toThrow(
    `cannot write to the state directory /var/lib/fxpd: ${words} FXPD_STATE to another directory`,
  );
});

test("an error that is not the system's stays what it is", () => {
  const error = new TypeError("no fault of a disk");
  const act = () =>
    writingState("/var/lib/fxpd", () => {
      throw error;
    });
  expect(act).toThrow(error);
});

test("a directory that cannot be made says why, and not that it does not exist", async () => {
  // Nobody can make a directory there, on whatever machine.
  expect(() => makeOwnDirectory("/sys/fxpd/state")).toThrow(
    /^cannot write to the state directory \/sys\/fxpd\/state: (permission denied|the file system is read-only) \(/,
  );
  const directory = await mkdtemp(join(tmpdir(), "fxpd-state-"));
  try {
    await writeFile(join(directory, "file"), "");
    expect(() => makeOwnDirectory(join(directory, "file/state"))).toThrow(
      `${join(directory, "file")} is a file, not a directory (ENOTDIR); check that directory, or set FXPD_STATE`,
    );
    expect(() => makeOwnDirectory(join(directory, "file"))).toThrow(
      `cannot write to the state directory ${join(directory, "file")}: is a file, not a directory (EEXIST); check`,
    );
    makeOwnDirectory(join(directory, "a/b"));
    makeOwnDirectory(join(directory, "a/b"));
  } finally {
    await rm(directory, { recursive: true });
  }
});

test("the advice names the setting that counts for the directory", async () => {
  const directory = await mkdtemp(join(tmpdir(), "fxpd-state-"));
  try {
    const file = join(directory, "file");
    await writeFile(file, "");
    const advice = (setting: string) => `check that directory, or set ${setting} to another directory`;
    const setting = "dataDirectory in daemon.yaml";
    expect(() => makeOwnDirectory(join(file, "state"), setting)).toThrow(advice(setting));
    expect(() => ownKey(join(file, "state"), setting)).toThrow(advice(setting));
    const trail = new AuditTrail(join(file, "state"), { now: () => 0, setting });
    await expect(trail.append({ from: "here", what: "cancel", outcome: "done" })).rejects.toThrow(
      advice(setting),
    );
    await expect(placeIn(join(file, "state"), {})).rejects.toThrow(advice(setting));
    // No socket can have so long a path.
    const long = join(directory, "x".repeat(120));
    await expect(placeIn(long, { XDG_RUNTIME_DIR: join(file, "run") })).rejects.toThrow(
      advice("XDG_RUNTIME_DIR"),
    );
  } finally {
    await rm(directory, { recursive: true });
  }
});
