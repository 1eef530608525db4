import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { CopyOptions } from "../../../../src/config/schema/options.ts";
import { ConnectionError, NoDataConnectionError, ReplyError } from "../../../../src/ftp/errors.ts";
import { provenStart } from "../../../../src/transfer/prove/resume.ts";
import { LocalSide } from "../../../../src/transfer/sides/local-side.ts";

const signal = new AbortController().signal;
const WHOLE = Buffer.from(Array.from({ length: 300_000 }, (_, index) => index % 251));
const HAD = 200_000;

/** A side that can tell no digests, and from which perhaps nobody may read. */
class Plain extends LocalSide {
  readonly #refusal: Error | undefined;

  constructor(refusal?: Error) {
    super();
    this.#refusal = refusal;
  }

  override async digests() {
    return [];
  }

  override async read(path: string, restartAt: number) {
    if (this.#refusal !== undefined) throw this.#refusal;
    return super.read(path, restartAt);
  }
}

/** A side that reports no modification time. */
class Timeless extends Plain {
  override async facts(path: string) {
    const facts = await super.facts(path);
    if (facts === undefined) return undefined;
    const { modified: _, ...rest } = facts;
    return rest;
  }
}

let work: string;
beforeEach(async () => (work = await mkdtemp(join(tmpdir(), "fxpd-resume-"))));
afterEach(() => rm(work, { recursive: true, force: true }));

async function startOf(left: Buffer, refusal?: Error, hasTime = true) {
  const [path, partial] = [join(work, "source"), join(work, "partial")];
  await writeFile(path, WHOLE);
  await writeFile(partial, left);
  const { size: sizeBytes, mtimeMs } = await stat(path);
  const ends = {
    source: { side: hasTime ? new Plain() : new Timeless(), path },
    target: { side: new Plain(refusal), path: partial },
  };
  const begun = { source: "file", sizeBytes, ...(hasTime ? { modifiedMs: Math.floor(mtimeMs) } : {}) };
  // What a person gets who says nothing of it.
  return provenStart(ends, begun, CopyOptions.parse({}).resumeCheck, signal);
}

test("promise 3: without digests, the last block is read back from both sides before a file is resumed", async () => {
  const left = Buffer.from(WHOLE.subarray(0, HAD));
  expect(await startOf(left)).toMatchObject({
    from: HAD,
    because: expect.stringMatching(/last block is equal/),
  });
  left[HAD - 1] = (left[HAD - 1] ?? 0) ^ 1;
  expect(await startOf(left)).toMatchObject({
    from: 0,
    because: expect.stringMatching(/differs from the source/),
  });
});

test.each([
  new ReplyError("target", { verb: "RETR", argument: "partial" }, { code: 550, lines: ["write only"] }),
  new NoDataConnectionError("target: no data connection within 30 s"),
])(
  "what nobody may read back is sent again from its start, and the record says why (%s)",
  async (refusal) => {
    const start = await startOf(WHOLE.subarray(0, HAD), refusal);
    expect(start).toEqual({
      from: 0,
      because: `from the start: the last block of the partial file cannot be read back: ${refusal.message}`,
    });
  },
);

test("a connection that is lost while the block is read is no ground to send all again", async () => {
  const lost = new ConnectionError("target: connection lost");
  await expect(startOf(WHOLE.subarray(0, HAD), lost)).rejects.toBe(lost);
});

test("promise 3: a source that reports no time is sent again from its start, though size and last block agree", async () => {
  const start = await startOf(WHOLE.subarray(0, HAD), undefined, false);
  expect(start).toMatchObject({ from: 0, because: expect.stringContaining("reports no modification time") });
});
