import { isoTime } from "../../../shared/iso-time.ts";
import { decodeText } from "../../../shared/octets.ts";
import { jsonText } from "../../../shared/printable.ts";
import type { ConsoleIo } from "../io.ts";
import type { ConsoleReporter } from "./console-event.ts";

/** One JSON object on each line of standard output, and nothing else there; failures are reported on both. */
export function jsonIo(
  out: (text: string) => void,
  err: (text: string) => void,
  directory: string,
): ConsoleIo {
  const tell: ConsoleReporter = (event) =>
    out(`${jsonText(event).slice(0, -1)},"at":"${isoTime(Date.now())}"}\n`);
  return {
    tell,
    out: (text) =>
      tell({
        event: "output",
        text: (typeof text === "string" ? text : decodeText(text)).replace(/\n$/, ""),
      }),
    err: (text) => {
      tell({ event: "fault", because: text.replace(/\n$/, "") });
      err(text);
    },
    isTerminal: false,
    directory,
  };
}

/** Bytes of a listing, reported line by line. */
export function listingLines(
  server: string,
  tell: ConsoleReporter,
): { push(chunk: Uint8Array): void; end(): void } {
  let rest = Buffer.alloc(0);
  const line = (octets: Uint8Array) =>
    tell({ event: "listing", server, line: decodeText(octets).replace(/\r$/, "") });
  return {
    push(chunk) {
      rest = Buffer.concat([rest, chunk]);
      for (let end = rest.indexOf("\n"); end !== -1; end = rest.indexOf("\n")) {
        line(rest.subarray(0, end));
        rest = rest.subarray(end + 1);
      }
    },
    end() {
      if (rest.length > 0) line(rest);
    },
  };
}

/** Bytes of a file, reported as they come. */
export function fileData(
  path: string,
  tell: ConsoleReporter,
): { push(chunk: Uint8Array): void; end(): void } {
  let from = 0;
  return {
    push(chunk) {
      tell({ event: "data", path, from, base64: Buffer.from(chunk).toString("base64") });
      from += chunk.length;
    },
    end() {},
  };
}
