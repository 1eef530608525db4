import type {
  ActionEvent,
  CopyEvent,
  FaultEvent,
  NoteEvent,
  RetryEvent,
  SummaryEvent,
  TargetEvent,
  TransferEvent,
} from "../../batch/events.ts";
import type { TranscriptLine } from "../../ftp/connection/transcript.ts";
import type { DiffEvent, DifferenceEvent, DiffSummaryEvent } from "../../mirror/decide/difference.ts";
import { directoriesLine } from "../../batch/report/directories-line.ts";
import { formatBytes, formatDuration, formatRate } from "../../shared/units.ts";
import { aboutOnce, printable } from "../../shared/printable.ts";

// What a person reads of one event, as a line.

/** What an output can show. */
export type RunEvent = CopyEvent | DiffEvent;

/** Several faults of one file come as several lines. */
export function faultLines(sentence: string): string {
  return sentence
    .split("\n")
    .map((line) => `fxpd: ${printable(line)}`)
    .join("\n");
}

export function conversation({ host, from, text }: TranscriptLine): string {
  const arrow = from === "us" ? "→" : from === "server" ? "←" : "·";
  return printable(`${host} ${arrow} ${text}`);
}

export function actionLine(event: ActionEvent): string {
  const { action, path, because, to } = event;
  const { sourceAfter } = event;
  const left = sourceAfter?.outcome === "left" ? `; the source is left: ${sourceAfter.because}` : "";
  const after = sourceWords(sourceAfter) || left;
  // What is done at the target has it in its path.
  const isOfSource = action === "copy" || action === "keep" || action === "skip";
  const where = to === undefined || !isOfSource ? "" : ` (for ${to})`;
  return printable(`${action} ${path}${where}: ${because}${after}`);
}

export function failureLine(event: FaultEvent | TransferEvent): string {
  if (event.event === "fault") return printable(`fxpd: ${aboutOnce(event.path, event.because)}`);
  const { source, target, outcome, because } = event;
  if (outcome === "partial") return printable(`fxpd: ${source}: ${because}`);
  return printable(
    `fxpd: ${source} → ${target}: ${outcome === "cancelled" ? "cancelled" : "not copied"}: ${because}`,
  );
}

/** That something is on one side alone needs no reason. */
export function differenceLine({ sign, path, because }: DifferenceEvent, isVerbose: boolean): string {
  const isToBeGiven = isVerbose || sign === "*" || sign === "!";
  return printable(`${sign} ${path}${isToBeGiven ? `  ${because}` : ""}`);
}

export function transferLine(event: TransferEvent): string {
  const { source, target, bytes, seconds, resumedFrom } = event;
  const rest = resumedFrom > 0 ? ` (resumed after ${formatBytes(resumedFrom)})` : "";
  const rate = formatRate(bytes, seconds * 1000);
  const place = event.inPlace === true ? ", written in place" : "";
  const after = `${place}${limitWords(event.limitedBy)}${sourceWords(event.sourceAfter)}`;
  return printable(`${source} → ${target}  ${formatBytes(bytes)}${rest}  ${rate}  ${wayOf(event)}${after}`);
}

/** What passes this machine shows its rate; of what does not, only the beginning was held back. */
function limitWords(limitedBy: TransferEvent["limitedBy"]): string {
  return limitedBy === "admission" ? ", started when the rate limit allowed it" : "";
}

/** What became of the source. */
function sourceWords(result: TransferEvent["sourceAfter"]): string {
  if (result?.outcome !== "done") return "";
  return result.to === undefined ? "; source deleted" : `; source now ${result.to}`;
}

function wayOf({ by, method, protected: isPrivate }: TransferEvent): string {
  switch (by) {
    case "third-party":
      return `server to server (${method ?? "nothing left to transfer"}${isPrivate ? ", encrypted" : ""})`;
    case "server-side":
      return "copied by the server itself";
    case null:
      return "nothing left to transfer";
    default:
      return `through this machine${isPrivate ? " (encrypted)" : ""}`;
  }
}

export function retryLine({ source, attempt, afterSeconds, because }: RetryEvent): string {
  return printable(`${source}: attempt ${attempt} in ${formatDuration(afterSeconds * 1000)}: ${because}`);
}

export function noteLine({ because }: NoteEvent): string {
  return printable(`note: ${because}`);
}

export function summaryLine({ outcome, files, bytes, seconds, directories }: SummaryEvent): string {
  const first = files.restored === undefined ? "copied" : "restored";
  const counts = Object.entries(files).filter(([name, count]) => count > 0 || name === first);
  const moved = [
    ...(bytes.thirdParty > 0 ? [`${formatBytes(bytes.thirdParty)} server to server`] : []),
    ...(bytes.relayed > 0 ? [`${formatBytes(bytes.relayed)} through this machine`] : []),
    ...((bytes.serverSide ?? 0) > 0
      ? [`${formatBytes(bytes.serverSide ?? 0)} copied by the server itself`]
      : []),
    ...(bytes.resumed > 0 ? [`${formatBytes(bytes.resumed)} already there`] : []),
  ];
  const words = counts.map(([name, count]) => `${count} ${name}`);
  const sent = bytes.thirdParty + bytes.relayed;
  const rate = sent > 0 ? ` (${formatRate(sent, seconds * 1000)} on average)` : "";
  const line = `${outcome}: ${[...words, ...moved].join(", ")}, in ${formatDuration(seconds * 1000)}${rate}`;
  return directories === undefined ? line : `${line}; ${directoriesLine(directories)}`;
}

export function diffSummaryLine({ outcome, paths, seconds }: DiffSummaryEvent): string {
  const { equal, onlySource, onlyTarget, different, unknown, skipped } = paths;
  const isEqual = onlySource + onlyTarget + different + unknown === 0;
  const words = counted([
    [different, "different"],
    [onlySource, "only at the source"],
    [onlyTarget, "only at the target"],
    [unknown, "unknown"],
    [skipped, "excluded"],
  ]);
  const verdict = outcome === "cancelled" ? outcome : isEqual ? "equal" : "different";
  return `${verdict}: ${[...words, `${equal} equal`].join(", ")}, in ${formatDuration(seconds * 1000)}`;
}

/** How it ended at one of several targets. */
export function targetLine({ to = "", ...end }: TargetEvent): string {
  return printable(`${to}: ${summaryLine({ ...end, event: "summary" })}`);
}

/** What a dry run would have done. */
export type Would = Readonly<Partial<Record<ActionEvent["action"], number>>>;

/** @param bytes bytes that would be copied */
export function wouldLine(
  would: Would,
  bytes: number,
  { outcome, files, seconds, directories: indexed }: SummaryEvent,
): string {
  const { copy = 0, delete: deleted = 0, trash = 0, link = 0, rename = 0, restore = 0 } = would;
  const directories = would["make-directory"] ?? 0;
  const words = counted([
    [copy, `to copy (${formatBytes(bytes)})`],
    [restore, "to restore"],
    [directories, `${directories === 1 ? "directory" : "directories"} to create`],
    [link, `${link === 1 ? "link" : "links"} to create`],
    [rename, "to rename"],
    [deleted, "to delete"],
    [trash, "to move to the trash"],
    [would["set-permissions"] ?? 0, "with permissions to set"],
  ]);
  const rest = counted([
    [files.kept, "kept"],
    [files.skipped, "skipped"],
    [files.failed, "failed"],
  ]);
  const all = [...(words.length === 0 ? ["nothing to do"] : words), ...rest].join(", ");
  const how = outcome === "succeeded" ? "" : `, ${outcome}`;
  const line = `dry run${how}: ${all}, in ${formatDuration(seconds * 1000)}`;
  return indexed === undefined ? line : `${line}; ${directoriesLine(indexed)}`;
}

function counted(counts: readonly (readonly [number, string])[]): readonly string[] {
  return counts.filter(([count]) => count > 0).map(([count, words]) => `${count} ${words}`);
}
