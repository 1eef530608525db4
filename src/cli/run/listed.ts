import { readFile } from "node:fs/promises";
import { buffer } from "node:stream/consumers";
import { parseLocation } from "../../config/locations/location.ts";
import { wholeDirectory } from "../../copy/glob.ts";
import { formatNameList, parseNameList } from "../../copy/name-list.ts";
import { joinPath } from "../../ftp/pathname.ts";
import { ConfigError, messageOf } from "../../shared/errors.ts";
import { reasonAt } from "../../shared/reason-at.ts";
import { decodeText, encodeText } from "../../shared/octets.ts";
import { NamedOutput } from "../../state/named-file.ts";
import { awayPath } from "../../transfer/publish/temporary-name.ts";
import { shownAt } from "../../wiring/places.ts";
import type { ListFlags } from "../output/flags.ts";
import type { RunEvent } from "../output/lines.ts";
import type { Output } from "../output/output.ts";

/**
 * The names that a list has, each with its path below the target; undefined: no list was given.
 * @param inJob the list of a job, which that of the command line replaces
 * @throws ConfigError for a list that cannot be read, has a faulty line, or does not go with the rest
 */
export async function listedNames(
  { filesFrom: file, from0 = false, failedTo }: ListFlags,
  sources: readonly string[],
  inJob?: ReadonlyMap<string, string>,
): Promise<ReadonlyMap<string, string> | undefined> {
  if (file === undefined) {
    if (!from0 && (failedTo === undefined || inJob !== undefined)) return inJob;
    throw new ConfigError("needs --files-from", from0 ? "--from0" : "--failed-to");
  }
  if (sources.length !== 1)
    throw new ConfigError("needs exactly one source, the directory that the names are in", "--files-from");
  const bytes = await (file === "-" ? buffer(process.stdin) : readFile(file)).catch((error: unknown) => {
    throw new ConfigError(`cannot be read: ${reasonAt(file, error)}`, file);
  });
  return parseNameList(decodeText(bytes), from0, file === "-" ? "standard input" : file).names;
}

/** @throws ConfigError where a list of what was not copied would be that of several targets */
export function requireOneFor(failedTo: string | undefined, targets: readonly string[]): void {
  if (failedTo !== undefined && targets.length > 1)
    throw new ConfigError("needs a single target", "--failed-to");
}

/** Where a copy of the files of a list shows itself, until the end of its scope. */
interface ListedOutput extends Disposable {
  readonly output: Output;
}

/**
 * Notes what is still to be copied of a list, and writes it into a file: all names at the beginning, so that a run that
 * was killed can be done again, and at the end of the scope those that were neither copied nor kept.
 */
export function failedListOf(
  { failedTo: file, from0 = false }: ListFlags,
  names: ReadonlyMap<string, string> | undefined,
  source: string,
  output: Output,
): ListedOutput {
  if (file === undefined || names === undefined) return { output, [Symbol.dispose]: () => {} };
  const left = new Map(names);
  const location = parseLocation(source);
  const { directory } = wholeDirectory(location.path);
  // A source that an earlier run was about to delete has another name.
  const byPath = new Map(
    [...names.keys()].flatMap((name) => {
      const path = joinPath(directory, name);
      return [path, awayPath(path, "")].map((one) => [shownAt(location, one), name] as const);
    }),
  );
  const done = (path: string) => left.delete(byPath.get(path) ?? "");
  const event = (happened: RunEvent) => {
    if (happened.event === "transfer" && happened.outcome === "succeeded") done(happened.source);
    if (happened.event === "action" && (happened.action === "keep" || happened.action === "skip")) {
      // The source of a file that was to be moved may still be there.
      const isLeft = "sourceAfter" in happened && happened.sourceAfter?.outcome === "left";
      if (!isLeft) done(happened.path);
    }
    output.event(happened);
  };
  const named = new NamedOutput(file);
  const text = () => encodeText(formatNameList(left, from0));
  named.begin(text());
  const end = () => {
    try {
      named.end(text());
    } catch (error) {
      // What was copied is reported all the same.
      output.fault(messageOf(error));
    }
  };
  return { output: { ...output, event }, [Symbol.dispose]: end };
}
