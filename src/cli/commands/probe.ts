import { randomBytes } from "node:crypto";
import { hostSettings } from "../../config/load/load-host.ts";
import type { Location } from "../../config/locations/location.ts";
import { serverLocation } from "../server-location.ts";
import { parsePattern } from "../../copy/glob.ts";
import { Client } from "../../ftp/session/client.ts";
import { type Connect, type Finding, probe, probeReadOnly, type ProbeResult } from "../../ftp/probe/probe.ts";
import { accountKey } from "../../ftp/settings.ts";
import { hostKey } from "../../transfer/pipelining.ts";
import { keepWaysIn, recallWays } from "../../transfer/sides/kept-ways.ts";
import { rememberStatus } from "../../transfer/sides/kept-status.ts";
import { systemClock } from "../../shared/clock.ts";
import { ConfigError, messageOf } from "../../shared/errors.ts";
import { isoTime } from "../../shared/iso-time.ts";
import { ownStateDirectory } from "../../state/directory.ts";
import { fileMemory } from "../../state/memory.ts";
import { type CommonOptions, directoriesOf } from "../command-line.ts";
import { outputOf } from "../output/chosen-output.ts";
import { EXIT, statusOfError } from "../process/exit.ts";
import { hanging } from "../output/terminal/wrap.ts";
import { interruptSignal } from "../process/interrupt.ts";
import { jsonText, printable } from "../../shared/printable.ts";

/** `fxpd probe HOST` */
export async function probeCommand(
  place: string,
  given: CommonOptions & { readonly readOnly?: boolean },
): Promise<number> {
  // As for programs: faults and the transcript, and no live lines, which show files in flight.
  const output = outputOf({ ...given, json: true });
  const signal = interruptSignal();
  try {
    const { location, directory } = placeOf(place);
    const host = await hostSettings(location, directoriesOf(given), {});
    const memory = fileMemory(ownStateDirectory(process.env));
    keepWaysIn(memory, systemClock);
    await recallWays(host);
    const connect: Connect = (hear, within) =>
      Client.connect(host, (line) => (hear(line), output.transcript?.(line)), within);
    const nonce = randomBytes(6).toString("hex");
    const examine = given.readOnly === true ? probeReadOnly : probe;
    const result = await examine(connect, directory, () => systemClock.now(), nonce, signal);
    // What was found out is worth knowing again; where it cannot be kept, it was shown all the same.
    const atMs = systemClock.now();
    const account = accountKey(host);
    await memory.remember(hostKey(account), { atMs, result }).catch(() => {});
    const { works } = result.ahead.listings;
    if (typeof works === "boolean") await rememberStatus(memory, account, works, atMs);
    if (given.json === true) process.stdout.write(showJson(result));
    else if (given.quiet !== true && result.directory.works === true)
      process.stdout.write(showTable(result, process.stdout.columns));
    for (const fault of faultsOf(result)) output.fault(`${result.host}: ${fault}`);
    return result.directory.works === true ? EXIT.done : EXIT.someFailed;
  } catch (error) {
    output.fault(signal.aborted ? "interrupted" : messageOf(error));
    return signal.aborted ? EXIT.interrupted : statusOfError(error);
  } finally {
    output.end();
  }
}

/** A bare name is a host; anything else is a location, and its path the directory to try in. */
function placeOf(text: string): {
  readonly location: Exclude<Location, { kind: "local" }>;
  readonly directory: string;
} {
  const location = serverLocation(text);
  const pattern = parsePattern(location.path);
  if (pattern.kind === "glob")
    throw new ConfigError(`"${location.path}" contains wildcards; expected one directory`);
  return { location, directory: pattern.path };
}

function faultsOf({ directory, left }: ProbeResult): readonly string[] {
  return [
    ...(directory.works === true ? [] : [`${directory.because}; no test could be run`]),
    ...left.map((name) => `${name} could not be removed`),
  ];
}

function showJson(result: ProbeResult): string {
  return `${jsonText({ event: "probe", at: isoTime(Date.now()), ...result })}\n`;
}

/** A heading with its lines; each a name, a verdict and what was seen. */
interface Section {
  readonly heading: string;
  readonly lines: readonly (readonly [name: string, verdict: string, seen: string])[];
}

const VERDICTS = { true: "yes", false: "no", unknown: "unknown", "not tried": "not tried" } as const;
/** Columns of a line before what was seen. */
const NAME_WIDTH = 22;
const VERDICT_WIDTH = 11;

function showTable(result: ProbeResult, width?: number): string {
  const sections = sectionsOf(result).filter(({ lines }) => lines.length > 0);
  return sections
    .map(({ heading, lines }) => [heading, ...gathered(lines).flatMap((line) => showLine(line, width))])
    .map((lines) => `${lines.map(printable).join("\n")}\n`)
    .join("\n");
}

/** What was not tried for one and the same reason becomes one line. */
function gathered(lines: Section["lines"]): Section["lines"] {
  const isUntried = (line: Section["lines"][number]) => line[1] === VERDICTS["not tried"];
  const reasons = new Set(lines.filter(isUntried).map(([, , seen]) => seen));
  const untried = [...reasons].map((reason) => {
    const names = lines.filter((line) => isUntried(line) && line[2] === reason).map(([name]) => name);
    return [VERDICTS["not tried"], "", `${reason}: ${names.join(", ")}`] as const;
  });
  return [...lines.filter((line) => !isUntried(line)), ...untried];
}

/** What does not fit goes on below itself. */
function showLine([name, verdict, seen]: Section["lines"][number], width?: number): readonly string[] {
  const before = `  ${name.padEnd(NAME_WIDTH - 2)}${verdict.padEnd(VERDICT_WIDTH)}`;
  return hanging(before, seen, width);
}

function sectionsOf(result: ProbeResult): readonly Section[] {
  const { listings, names, files, ahead, thirdPartyTls, times } = result;
  return [
    { heading: `${result.host}  ${result.address} port ${result.port}`, lines: serverLines(result) },
    {
      heading: "Listings",
      lines: [
        line("MLSD", listings.mlsd),
        line("MLST", listings.mlst),
        line("LIST", listings.list),
        line("STAT", listings.stat),
        line("UTF8 in FEAT", names.featureUtf8),
        line("non-ASCII names", names.beyondAscii),
        zoneLine(result),
      ],
    },
    {
      heading: "Files",
      lines: [
        line("STOR", files.store),
        line("RETR after REST", files.restartRetrieve),
        line("STOR after REST", files.restartStore),
        line("APPE", files.append),
        line("RNTO replaces a file", files.replace),
        line("copy on the server", files.sameServerCopy),
      ],
    },
    { heading: "Digests", lines: result.digests.flatMap(digestLines) },
    {
      heading: "Setting times",
      lines: Object.entries(times).map(([name, finding]) => line(name, finding)),
    },
    {
      heading: "Pipelining",
      lines: [
        line("a few commands", ahead.several),
        line("over 4096 bytes", ahead.beyond4096),
        line("listings by STAT", ahead.listings),
      ],
    },
    {
      heading: "Third-party TLS",
      lines: Object.entries(thirdPartyTls).map(([name, finding]) => line(name, finding)),
    },
    {
      heading: "Connections lost during the tests",
      lines: result.lost.map(lostLine),
    },
  ];
}

function serverLines(result: ProbeResult): Section["lines"] {
  const { family, words, tls, features, limits, directory } = result;
  const quoted = (name: string, text: string | undefined) =>
    text === undefined ? [] : [[name, "", text] as const];
  return [
    ["family", family, ""],
    ...quoted("greeting", words.greeting),
    ...quoted("SYST", words.system),
    ...limits.map((hint) => ["limit", "", hint.said] as const),
    line("directory", directory),
    ["TLS", tls.control === "clear" ? "no" : "yes", `control ${tls.control}, data ${tls.data}`],
    clockLine(result),
    ["FEAT", features === undefined ? "no" : "yes", features?.join(" · ").replace(/;(?=\S)/g, "; ") ?? ""],
  ];
}

function line(name: string, { works, because }: Finding): Section["lines"][number] {
  const seen = because.startsWith(`${name}: `) ? because.slice(name.length + 2) : because;
  return [name, VERDICTS[`${works}`], seen];
}

function digestLines({ command, algorithm, whole, range }: ProbeResult["digests"][number]): Section["lines"] {
  const name = command === "HASH" ? `HASH ${algorithm}` : command;
  const isPlain = name.endsWith(algorithm) || whole.works === "not tried";
  const shown = isPlain ? whole.because : `${algorithm} ${whole.because}`;
  const part = range.works === "not tried" ? [] : [line(`${name}, a range`, range)];
  return [[name, VERDICTS[`${whole.works}`], shown], ...part];
}

/** Over what, and how. */
function lostLine(text: string): Section["lines"][number] {
  const at = text.indexOf(": ");
  return [text.slice(0, at), "", text.slice(at + 2)];
}

/** A clock that is off is no capability that is missing. */
function clockLine({ clock }: ProbeResult): Section["lines"][number] {
  return clock.skewMs === undefined ? line("clock", clock) : ["clock", "", clock.because];
}

function zoneLine({ zone }: ProbeResult): Section["lines"][number] {
  return zone.offsetMinutes === undefined ? line("zone of LIST", zone) : ["zone of LIST", "", zone.because];
}
