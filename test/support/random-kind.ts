import fc from "fast-check";
import { CLOSES, type Conduct, type Habit, HANGS, SWALLOWS, type ZooKind } from "../servers/zoo/kind.ts";
import { dosStyle, eplfStyle, netwareStyle, unixStyle } from "../servers/zoo/listing.ts";

const VERBS =
  "FEAT SYST PWD OPTS CWD MKD PASV EPSV PORT EPRT SIZE MDTM MFMT MLST MLSD LIST RETR STOR DELE RMD REST RNFR RNTO NOOP ABOR QUIT TYPE STAT APPE".split(
    " ",
  );

const STYLES = { unix: unixStyle({}), dos: dosStyle(), eplf: eplfStyle, netware: netwareStyle } as const;

const SILENT: readonly Conduct[] = [HANGS, SWALLOWS, CLOSES];

/** What real servers say in place of doing it. */
const REFUSALS: readonly Conduct[] = [
  ...["500 Unknown command", "502 Command not implemented", "501 Syntax error", "504 Not for this parameter"],
  ...[
    "550 Permission denied",
    "550 Nichts da",
    "550 Requested action not taken",
    "553 Could not create file.",
  ],
  ...["450 Requested file action not taken", "451 Local error", "425 Can't open data connection."],
  ...["452 No space", "530 Not logged in", "421 Service not available", "426 Connection closed; aborted."],
  ...["522 Protocol not supported", "999 what", "5", "550-\r\n550 no", "", "not a reply at all"],
  ...SILENT,
];

/** Done, and said so in other words, or in another code of the same class. */
const ODD_WORDS = {
  entered: "200 OK",
  made: "250 Directory created",
  deleted: "200 OK",
  renaming: "350-\r\n350 OK",
  renamed: "200 OK",
  done: "250 Transfer completed successfully.",
  begins: "125 ready",
  missing: "550 there is none",
  noDirectory: "550 gibt es nicht",
  restart: "350 here",
  passive: "227 =%s",
  where: '257 "%s"',
} as const;

interface Oddity {
  readonly verb: string;
  readonly conduct: Conduct;
  readonly when: "always" | "once" | "from the third time on";
}

export interface Drawn {
  readonly oddities: readonly Oddity[];
  readonly odd: readonly (keyof typeof ODD_WORDS)[];
  readonly features: "none" | "some" | "MLSD";
  readonly list: keyof typeof STYLES;
  /** Over TLS, which it has where it answers FEAT: when its handshake is waited for on data connections. */
  readonly tls: "off" | "after-1yz" | "before-1yz";
  /** How it takes the TLS client's part, and what becomes of that. */
  readonly tlsClient: "none" | "works" | "waits" | "closes";
  /** The first file that goes beyond so many bytes is cut there. */
  readonly cutAfter: number | undefined;
  readonly begins: "at-once" | "after-accept";
  readonly noRenameOver: boolean;
  readonly isEpsvUnreachable: boolean;
  readonly foldsCase: boolean;
  /** Of the host's file: what is written under its final name may stay incomplete there. */
  readonly inPlace: "never" | "when-needed";
}

export const drawn: fc.Arbitrary<Drawn> = fc.record({
  oddities: fc.array(
    fc.record({
      verb: fc.constantFrom(...VERBS),
      conduct: fc.constantFrom(...REFUSALS),
      when: fc.constantFrom("always", "once", "from the third time on"),
    }),
    { maxLength: 4 },
  ),
  odd: fc.subarray(Object.keys(ODD_WORDS) as (keyof typeof ODD_WORDS)[]),
  features: fc.constantFrom("none", "some", "MLSD"),
  list: fc.constantFrom(...(Object.keys(STYLES) as (keyof typeof STYLES)[])),
  tls: fc.oneof(
    { weight: 3, arbitrary: fc.constant("off" as const) },
    fc.constantFrom("after-1yz" as const, "before-1yz" as const),
  ),
  tlsClient: fc.constantFrom("none", "works", "waits", "closes"),
  cutAfter: fc.option(fc.constantFrom(1, 4_000, 40_000), { nil: undefined, freq: 2 }),
  begins: fc.constantFrom("at-once", "after-accept"),
  noRenameOver: fc.boolean(),
  isEpsvUnreachable: fc.boolean(),
  foldsCase: fc.boolean(),
  inPlace: fc.constantFrom("never", "when-needed"),
});

export const hasTls = ({ tls, features }: Drawn) => tls !== "off" && features !== "none";

function habitOf({ verb, conduct, when }: Oddity): Habit {
  return (visit) => {
    const before = visit.times(verb);
    const applies = when === "always" || (when === "once" ? before === 0 : before >= 2);
    return applies ? conduct : undefined;
  };
}

export function kindOf(one: Drawn): ZooKind {
  const some = ["SIZE", "MDTM", "REST STREAM", "EPSV", "MFMT", "UTF8"];
  const tls = hasTls(one)
    ? ["AUTH TLS", "PBSZ", "PROT", ...(one.tlsClient === "none" ? [] : ["SSCN", "CPSV"])]
    : [];
  const features = [...some, ...tls, ...(one.features === "MLSD" ? ["MLST type*;size*;modify*;"] : [])];
  const tlsClient = one.tlsClient === "closes" ? CLOSES : one.tlsClient === "none" ? "works" : one.tlsClient;
  return {
    name: "random",
    greeting: ["220 ready"],
    ...(one.features === "none" ? {} : { features }),
    list: STYLES[one.list],
    habits: Object.fromEntries(one.oddities.map((oddity) => [oddity.verb, habitOf(oddity)])),
    words: Object.fromEntries(one.odd.map((name) => [name, ODD_WORDS[name]])),
    data: {
      ...{ begins: one.begins, isEpsvUnreachable: one.isEpsvUnreachable, tlsClient },
      ...(hasTls(one) && one.tls !== "off" ? { tls: one.tls } : {}),
    },
    files: { setsTimes: "MFMT", ...(one.noRenameOver ? { noRenameOver: "553 exists" } : {}) },
    names: { foldsCase: one.foldsCase },
  };
}

/** Drawn answers as a person can write them into a test. */
export function said({ oddities, ...rest }: Drawn): string {
  const answers = oddities.map(({ verb, conduct, when }) => `${verb} ${String(conduct)} ${when}`);
  return JSON.stringify({ ...rest, answers });
}
