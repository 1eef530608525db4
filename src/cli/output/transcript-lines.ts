import type { FileTranscript } from "../../orchestrator/runs/transcript.ts";
import { isoTime } from "../../shared/iso-time.ts";
import { printable } from "../../shared/printable.ts";
import { conversation } from "./lines.ts";

/** Conversations about files, for people. @param leftOut how many more there were */
export function transcriptLines(files: readonly FileTranscript[], leftOut: number): readonly string[] {
  if (files.length === 0)
    return ["no conversation was kept: nothing failed (fxpd submit -vv keeps those of all files)"];
  const more = leftOut > 0 ? ["", `conversations about ${leftOut} more files were not kept`] : [];
  return [...files.flatMap(linesOf), ...more];
}

function linesOf({ during, path, source, target, outcome, lines }: FileTranscript): readonly string[] {
  const shown = lines.flatMap((line) =>
    // A reply of several lines is shown as it came.
    line.text.split("\n").map((text) => `  ${isoTime(line.at)}  ${conversation({ ...line, text })}`),
  );
  const what = during === undefined ? "" : path === undefined ? `${during}, ` : `${during}, ${path}: `;
  return ["", printable(`${outcome}: ${what}${source} → ${target}`), ...shown];
}
