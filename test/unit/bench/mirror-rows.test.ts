import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { parseOptions } from "../../bench/options.ts";
import type { Row } from "../../bench/row.ts";
import { rowsFor } from "../../bench/rows.ts";
import { listScene } from "../../bench/scene.ts";

let work: string;
let source: string;
let target: string;
beforeEach(async () => {
  work = await mkdtemp(join(tmpdir(), "fxpd-mirror-rows-"));
  [source, target] = [join(work, "source"), join(work, "target")];
  await Promise.all([mkdir(source), mkdir(target)]);
});
afterEach(() => rm(work, { recursive: true, force: true }));

function row(name: string): Row {
  const [found] = rowsFor(parseOptions(["--only", name, "--files", "60"]));
  if (found === undefined) throw new Error("no row");
  return found;
}
const sceneOf = (one: Row) => one.scene ?? listScene(one);
const said = (verbs: Readonly<Record<string, number>>) =>
  ({ connections: 0, turns: 0, commands: 0, verbs }) as never;

test("a dry run has to list every directory, store nothing, and leave the target as it is", async () => {
  const scene = sceneOf(row("mirror-dry-0-vsftpd"));
  await scene.grow(source, target);
  await scene.reset(target);
  const judge = (verbs: Readonly<Record<string, number>>) => scene.differenceOf(source, target, said(verbs));
  expect(await judge({ LIST: 2 })).toBeUndefined();
  expect(await scene.differenceOf(source, target, undefined)).toBeUndefined();
  expect(await judge({ MLSD: 1 })).toBe("1 listings of 2 directories");
  expect(await judge({ MLSD: 3, STOR: 1 })).toBe("1 files stored");
  await writeFile(join(target, "list/made"), "");
  expect(await judge({ MLSD: 3 })).toBe("a dry run made made");
  await scene.reset(target);
  expect(await judge({ MLSD: 3 })).toBeUndefined();
});

test("a first mirror has to make the trees equal, one of equal trees to leave them so", async () => {
  const first = sceneOf(row("mirror-first-50-proftpd"));
  await first.grow(source, target);
  await first.reset(target);
  expect(await first.differenceOf(source, target, said({}))).toMatch(/^Only in .*source\/list: /);
  await rm(target, { recursive: true });
  await rm(source, { recursive: true });
  const again = sceneOf(row("mirror-again-0-vsftpd"));
  await again.grow(source, target);
  await again.reset(target);
  expect(await again.differenceOf(source, target, said({ MLSD: 4 }))).toBeUndefined();
  expect(await again.areTimesKept(source, target)).toBe(true);
  expect(await again.differenceOf(source, target, said({ MLSD: 4, STOR: 2 }))).toBe("2 files stored");
});
