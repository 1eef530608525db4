import type { Client } from "../session/client.ts";
import { ReplyError } from "../errors.ts";
import type { ListingEntry } from "../listing/entry.ts";
import { createListingReader, type ListingReader, listingInStatus } from "../listing/list.ts";
import { saysEmpty } from "../quirks.ts";
import * as verbs from "../session/verbs.ts";
import type { ProbeOutcome } from "./bench.ts";
import { judgeListed, judgeName, judgeZone, type ProbedListing } from "./judge.ts";
import { type Finding, type ProbeResult, unknown, yes, type ZoneFinding } from "./result.ts";
import type { Trial } from "./trial.ts";

interface Listing {
  readonly verb: "MLSD" | "LIST" | "STAT";
  readonly argument?: string;
}

/** The forms of one listing, the one that shows names with a dot first; a server may take `-a` for a name. */
const MLSD: readonly Listing[] = [{ verb: "MLSD" }];
const LIST: readonly Listing[] = [{ verb: "LIST", argument: "-a" }, { verb: "LIST" }];
const STAT: readonly Listing[] = [
  { verb: "STAT", argument: "-la ." },
  { verb: "STAT", argument: "." },
];

/** Every kind of listing of the directory, and what is seen in them. */
export async function tryListings(
  trial: Trial,
  nowMs: number,
): Promise<{
  readonly listings: ProbeResult["listings"];
  readonly beyondAscii: Finding;
  readonly zone: ZoneFinding;
}> {
  const notStored = await trial.storeBeyondAscii();
  const [mlsd, list, stat] = [
    await attempt(trial, MLSD, nowMs),
    await attempt(trial, LIST, nowMs),
    await attempt(trial, STAT, nowMs),
  ];
  return {
    listings: {
      mlsd: finding(trial, mlsd),
      mlst: await tryMlst(trial),
      list: finding(trial, list),
      stat: finding(trial, stat),
    },
    beyondAscii: notStored ?? nameListed(trial, [mlsd, list, stat]),
    zone: await tryZone(trial, [list, stat]),
  };
}

function attempt(
  trial: Trial,
  forms: readonly Listing[],
  nowMs: number,
): Promise<ProbeOutcome<ProbedListing>> {
  return trial.bench.attempt(forms[0]?.verb ?? "", async (client, signal) => {
    let best: ProbedListing | undefined;
    let refusal: ReplyError | undefined;
    for (const form of forms) {
      try {
        const listed = await list(client, formAt(form, trial.bench.place(client)), trial, nowMs, signal);
        if (isEnough(listed, trial)) return listed;
        if (best === undefined || listed.count > best.count) best = listed;
      } catch (error) {
        if (!(error instanceof ReplyError) || !client.isReady) throw error;
        refusal = error;
      }
    }
    if (best !== undefined) return best;
    throw refusal as ReplyError;
  });
}

/** The same, of a directory that is named. */
function formAt(form: Listing, place: string | undefined): Listing {
  if (place === undefined) return form;
  const option = form.argument?.startsWith("-") === true ? `${form.argument.split(" ")[0]} ` : "";
  return { verb: form.verb, argument: `${option}${place}` };
}

function isEnough({ ours, sawDots }: ProbedListing, { storedProbe }: Trial): boolean {
  return storedProbe === undefined ? sawDots : ours.some(({ name }) => name === storedProbe);
}

async function list(
  client: Client,
  form: Listing,
  trial: Trial,
  nowMs: number,
  signal: AbortSignal,
): Promise<ProbedListing> {
  const decode = form.verb === "STAT" ? {} : { decode: client.names.decode };
  const reader = createListingReader({ nowMs, format: form.verb === "MLSD" ? "mlsd" : "list", ...decode });
  const ours: ListingEntry[] = [];
  let timed: ListingEntry | undefined;
  let count = 0;
  try {
    for await (const entry of receive(client, form, reader, signal)) {
      count += 1;
      if (trial.isOurs(entry.name)) ours.push(entry);
      if (tellsTime(entry) && (timed === undefined || entry.name === trial.storedProbe)) timed = entry;
    }
  } catch (error) {
    if (!(error instanceof ReplyError) || !saysEmpty(error.reply)) throw error;
  }
  const command = form.argument === undefined ? form.verb : `${form.verb} ${form.argument}`;
  return { command, count, ours, sawDots: reader.sawDots, ...(timed === undefined ? {} : { timed }) };
}

async function* receive(
  client: Client,
  form: Listing,
  reader: ListingReader,
  signal: AbortSignal,
): AsyncGenerator<ListingEntry> {
  if (form.verb === "STAT") {
    yield* reader.push(listingInStatus(await client.ask(verbs.status(form.argument), signal)));
  } else {
    await using transfer = await client.open(form, 0, signal);
    for await (const chunk of await transfer.stream(signal)) {
      signal.throwIfAborted();
      yield* reader.push(chunk as Buffer);
    }
    await transfer.finish(client.host.timeouts.replyMs, signal);
  }
  yield* reader.end();
}

function tellsTime({ kind, modified }: ListingEntry): boolean {
  return kind === "file" && modified !== undefined && modified.precision !== "day";
}

function finding(trial: Trial, outcome: ProbeOutcome<ProbedListing>): Finding {
  return outcome.kind === "failed" ? outcome.finding : judgeListed(outcome.value, trial.storedProbe);
}

/** MLST of the probe file; without one, of the current directory (RFC 3659 §7.1). */
function tryMlst(trial: Trial): Promise<Finding> {
  const file = trial.storedProbe;
  return trial.bench.find("MLST", async (client, signal) => {
    const path = file === undefined ? trial.bench.place(client) : trial.bench.named(client, file);
    const { command, ...verb } = verbs.facts(path ?? "");
    const question = { ...verb, command: path === undefined ? { verb: "MLST" } : command };
    const names = factNames(await client.ask(question, signal));
    return names.length > 0 ? yes(`reports ${names.join(", ")}`) : unknown("reports no facts");
  });
}

/** `type=file;size=281; a` tells `type` and `size`. */
function factNames(line: string): readonly string[] {
  const [facts = ""] = line.trim().split(" ");
  return facts.split(";").flatMap((fact) => /^([^=]+)=/.exec(fact)?.[1] ?? []);
}

function nameListed(trial: Trial, outcomes: readonly ProbeOutcome<ProbedListing>[]): Finding {
  const listed = outcomes.flatMap((one) =>
    one.kind === "answered" && one.value.ours.length > 0 ? [one.value] : [],
  );
  const [first] = listed;
  if (first === undefined) return unknown("no listing shows the test files");
  return judgeName(trial.beyondAscii, first, [trial.probe]);
}

/** Time of one file in LIST, or else in STAT, against its MDTM. */
async function tryZone(trial: Trial, outcomes: readonly ProbeOutcome<ProbedListing>[]): Promise<ZoneFinding> {
  const timed = outcomes.flatMap((one) =>
    one.kind === "answered" && one.value.timed !== undefined ? [one.value.timed] : [],
  )[0];
  if (timed === undefined) return unknown("no listing shows a file's time of day");
  const outcome = await trial.bench.attempt("MDTM", async (client, signal) =>
    judgeZone(timed, await client.ask(verbs.modified(trial.bench.named(client, timed.name)), signal)),
  );
  return outcome.kind === "answered" ? outcome.value : { ...outcome.finding, works: "unknown" };
}
