import { z } from "zod";
import { hostSettings } from "../../../config/load/load-host.ts";
import { connectionOptions } from "../../../config/schema/connection-options.ts";
import { parsePattern } from "../../../copy/glob.ts";
import { Client } from "../../../ftp/session/client.ts";
import { listDirectory } from "../../../ftp/session/directory.ts";
import { ConfigError, messageOf } from "../../../shared/errors.ts";
import { isoTime } from "../../../shared/iso-time.ts";
import { jsonText, printable } from "../../../shared/printable.ts";
import { chosen } from "../../chosen.ts";
import { type CommonOptions, directoriesOf } from "../../command-line.ts";
import { outputOf } from "../../output/chosen-output.ts";
import { EXIT, statusOfError } from "../../process/exit.ts";
import { interruptSignal } from "../../process/interrupt.ts";
import { serverLocation } from "../../server-location.ts";
import { loginFactsOf, loginLines } from "./login.ts";
import { counted } from "../../../shared/units.ts";

const { tls, timeout } = connectionOptions;
const Options = z.strictObject({ tls, timeout });

/** `fxpd host test HOST`: a login and a listing, by a connection of its own. */
export async function hostTestCommand(place: string, given: CommonOptions): Promise<number> {
  const output = outputOf({ ...given, json: true });
  const signal = interruptSignal();
  const tell = (event: object, lines: readonly string[]) => {
    if (given.json === true) process.stdout.write(`${jsonText({ ...event, at: isoTime(Date.now()) })}\n`);
    else if (given.quiet !== true) process.stdout.write(lines.map((line) => `${printable(line)}\n`).join(""));
  };
  const end = (outcome: string, status: number) => {
    tell({ event: "summary", outcome }, []);
    return status;
  };
  let hasLoggedIn = false;
  try {
    const location = serverLocation(place);
    const pattern = parsePattern(location.path);
    if (pattern.kind === "glob")
      throw new ConfigError(`"${location.path}" contains wildcards; expected one directory`);
    const host = await hostSettings(location, directoriesOf(given), chosen(Options, given, {}));
    await using client = await Client.connect(host, output.transcript, signal);
    hasLoggedIn = true;
    const facts = loginFactsOf(client);
    tell({ event: "login", host: host.name, ...facts }, loginLines(facts));
    let entries = 0;
    for await (const _ of listDirectory(client, pattern.path, Date.now(), signal)) entries += 1;
    const where = client.absolute(pattern.path);
    tell({ event: "listing", path: where, entries, protected: client.isProtected }, [
      `listing of ${where}: ${counted(entries, "entry", "entries")}`,
    ]);
    return end("succeeded", EXIT.done);
  } catch (error) {
    output.fault(signal.aborted ? "interrupted" : messageOf(error));
    if (signal.aborted) return end("cancelled", EXIT.interrupted);
    return end("failed", hasLoggedIn ? EXIT.someFailed : statusOfLogin(error));
  } finally {
    output.end();
  }
}

/** Whatever could not be tried at all is reported with its fault; any other failure means that nothing could be done. */
export function statusOfLogin(error: unknown): number {
  return error instanceof ConfigError ? statusOfError(error) : EXIT.nothingDone;
}
