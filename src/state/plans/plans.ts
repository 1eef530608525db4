import { createHash } from "node:crypto";
import { jsonText } from "../../shared/printable.ts";
import { closeSync, createReadStream, openSync, renameSync, writeFileSync } from "node:fs";
import type { StoredPlan } from "../../mirror/apply.ts";
import type { PlannedAction, PlanSink } from "../../mirror/decide/planned.ts";
import { ConfigError } from "../../shared/errors.ts";
import { reasonAt } from "../../shared/reason-at.ts";
import { deleteFile, passing, unique } from "../directory.ts";
import { namedFile } from "../named-file.ts";
import { type PlanEnd, type PlanHead, parseAction, parseEnd, parseHead, VERSION } from "./plan-lines.ts";

/** Characters that are collected before they are written. */
const ENOUGH = 65_536;
/** Characters in a line; none that we write comes near. */
const MAX_LINE = 1_048_576;

/** A plan that is being written; nothing is under its name until it has come to its end. */
interface PlanFile extends PlanSink {
  /** Keeps it, if it has come to its end. */
  close(): void;
}

/** @throws ConfigError where nothing can be written there */
export function planFile(file: string, head: Omit<PlanHead, "plan">): PlanFile {
  const named = namedFile(file);
  if (named === undefined) throw new ConfigError("is not a regular file; a plan is read again", file);
  const aside = `${named.path}.${unique()}`;
  const descriptor = orFault(file, () => openSync(aside, "wx", 0o600));
  const hash = createHash("sha256");
  let waiting = "";
  let actions = 0;
  let isEnded = false;
  const flush = () => {
    orFault(file, () => writeFileSync(descriptor, waiting));
    waiting = "";
  };
  const write = (line: object) => {
    const text = `${jsonText(line)}\n`;
    hash.update(text);
    waiting += text;
    if (waiting.length >= ENOUGH) flush();
  };
  write({ plan: VERSION, ...head });
  return {
    note(action) {
      actions += 1;
      write(action);
    },
    end(counts) {
      write({ end: { actions, ...counts, sha256: hash.copy().digest("hex") } });
      flush();
      isEnded = true;
    },
    close() {
      closeSync(descriptor);
      if (isEnded) orFault(file, () => renameSync(aside, named.path));
      else passing(undefined, () => deleteFile(aside));
    },
  };
}

/**
 * A plan as it was written, every line of which has been looked at.
 * @throws ConfigError for a file that is no plan, or not a whole one, or not as it was written
 */
export async function readPlan(
  file: string,
): Promise<{ readonly head: PlanHead; readonly plan: StoredPlan }> {
  const hash = createHash("sha256");
  let head: PlanHead | undefined;
  let end: PlanEnd | undefined;
  let number = 0;
  for await (const line of linesOf(file)) {
    number += 1;
    if (end !== undefined) throw new ConfigError("there are lines after the end of the plan", file);
    if (head === undefined) head = parseHead(line, file);
    else end = parseEnd(line);
    if (number > 1 && end === undefined) parseAction(line, `${file}:${number}`);
    if (end === undefined) hash.update(`${line}\n`);
  }
  if (head === undefined) throw new ConfigError("is empty, not a plan", file);
  if (end === undefined) throw new ConfigError("is incomplete: its last line is missing", file);
  if (end.actions !== number - 2 || end.sha256 !== hash.digest("hex"))
    throw new ConfigError("was edited or damaged; apply plans exactly as written, or make a new one", file);
  const { actions: _, sha256: __, ...counts } = end;
  return { head, plan: { counts, actions: () => actionsOf(file) } };
}

async function* actionsOf(file: string): AsyncGenerator<PlannedAction> {
  let number = 0;
  for await (const line of linesOf(file)) {
    number += 1;
    if (number > 1 && parseEnd(line) === undefined) yield parseAction(line, `${file}:${number}`);
  }
}

/** Whole lines, without what ends them; a rest without an end is one, too. */
async function* linesOf(file: string): AsyncGenerator<string> {
  let tail = "";
  try {
    for await (const chunk of createReadStream(file, "utf8")) {
      const lines = (tail + String(chunk)).split("\n");
      tail = lines.pop() ?? "";
      if (tail.length > MAX_LINE) throw new ConfigError("is not a plan: it contains an overlong line", file);
      yield* lines;
    }
  } catch (error) {
    throw error instanceof ConfigError
      ? error
      : new ConfigError(`cannot be read: ${reasonAt(file, error)}`, file);
  }
  if (tail !== "") yield tail;
}

function orFault<T>(file: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw new ConfigError(`cannot be written: ${reasonAt(file, error)}`, file);
  }
}
