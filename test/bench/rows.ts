import { FAMILIES, type Family } from "../servers/index.ts";
import { byHand } from "./clients/by-hand.ts";
import type { Client } from "./clients/client.ts";
import { fxpdClient } from "./clients/fxpd.ts";
import { lftpClient } from "./clients/lftp.ts";
import { installedClients } from "./clients/others.ts";
import { downloadScene, fxpdDownload, fxpdThirdParty, lftpDownload } from "./clients/download.ts";
import { bareNode, curlListing, LISTED, lftpListing, lsClient } from "./clients/listing.ts";
import { crowdCases } from "./crowd.ts";
import { daemonCases } from "./daemon-case.ts";
import { memoryCases } from "./memory.ts";
import { mirrorRows, treeRow } from "./mirror-rows.ts";
import type { Options } from "./options.ts";
import type { Row } from "./row.ts";
import { workersCases } from "./workers-case.ts";

const SMALL = 4_096;
const GIB = 2 ** 30;
const MIB = 2 ** 20;

/** The rows of a quick run; others are asked for by name. */
const QUICK: readonly string[] = [
  ...["small-50-vsftpd", "small-50-lanes-8-vsftpd"],
  ...[
    "many-1000-lanes-1-vsftpd",
    "many-1000-lanes-4-vsftpd",
    "many-1000-lanes-1-mixed",
    "many-1000-lanes-4-mixed",
  ],
  ...["tree-10000", "large", "large-quarter", "relay-clear", "relay-tls", "start-ls"],
  ...["mirror-dry-50-vsftpd", "mirror-again-50-vsftpd", "mirror-again-50-proftpd", "mirror-index-50-proftpd"],
];

/** The rows of the README's table: those of a quick run, and others that tell kinds of servers apart. */
const STANDARD: readonly string[] = [
  ...QUICK,
  ...["small-50-proftpd", "small-50-pure-ftpd", "small-50-pyftpdlib", "small-50-lanes-8-proftpd"],
  ...["segments", "segments-third-party"],
  ...["mirror-dry-50-proftpd", "mirror-dry-50-pure-ftpd", "mirror-again-50-pure-ftpd"],
];

/** All rows in the order in which they run, those that were asked for. */
export function rowsFor(options: Options): readonly Row[] {
  const all = [
    ...[0, 50].flatMap((roundTripMs) => pairs().map((pair) => small(options, pair, roundTripMs, 1))),
    ...pairs().map((pair) => small(options, pair, 50, 8)),
    ...[1, 4].flatMap((lanes) => NEAR.map((pair) => many(options, pair, lanes))),
    treeRow(options, thirdParty(options)),
    ...large(options),
    ...[false, true].map((isProtected) => relay(options, isProtected)),
    segments(options),
    segmentsThirdParty(options),
    listing(options),
    ...mirrorRows(options, thirdParty(options)),
  ];
  const form = options.isQuick ? QUICK : STANDARD;
  const wanted = all.filter(({ name }) =>
    options.only.length === 0
      ? options.isAll || form.includes(name)
      : options.only.some((part) => name.includes(part)),
  );
  const far = workersCases(options);
  const others = [...daemonCases(options), ...far, ...crowdCases(options), ...memoryCases(options)];
  if (wanted.length === 0 && others.length === 0) {
    const names = all.map(({ name }) => name).join(", ");
    throw new Error(`no row is called so; there are: ${names}, daemon-10000, workers-50, many-10000, memory`);
  }
  const isWanted = ({ name }: Client) => options.clients.length === 0 || options.clients.includes(name);
  return wanted.map((row) => ({ ...row, clients: row.clients.filter(isWanted) }));
}

interface Pair {
  readonly label: string;
  readonly source: Family;
  readonly target: Family;
}

/** Two instances of each family, and one pair of different ones. */
function pairs(): readonly Pair[] {
  const alike = FAMILIES.map((family) => ({ label: family, source: family, target: family }));
  return [...alike, { label: "mixed", source: "proftpd", target: "vsftpd" }];
}

function small(options: Options, { label, ...pair }: Pair, roundTripMs: number, lanes: number): Row {
  const files = lanes === 1 ? 100 : 200;
  return {
    ...thirdParty(options),
    ...pair,
    name: `small-${roundTripMs}-${lanes === 1 ? "" : `lanes-${lanes}-`}${label}`,
    roundTripMs,
    lanes,
    files: options.files ?? (options.isQuick ? files / 5 : files),
  };
}

/** Where small files go at no distance. */
const NEAR: readonly Pair[] = [
  { label: "vsftpd", source: "vsftpd", target: "vsftpd" },
  { label: "mixed", source: "vsftpd", target: "proftpd" },
];

function many(options: Options, { label, ...pair }: Pair, lanes: number): Row {
  return {
    ...thirdParty(options),
    ...pair,
    name: `many-1000-lanes-${lanes}-${label}`,
    lanes,
    files: options.files ?? (options.isQuick ? 200 : 1_000),
  };
}

/** Two sizes: what the processor spends on a further GiB is the difference. */
function large(options: Options): readonly Row[] {
  const octets = options.isQuick ? 256 * MIB : 2 * GIB;
  const row = { ...thirdParty(options), source: "vsftpd", target: "proftpd" } as const;
  return [
    { name: "large", octetsPerFile: octets },
    { name: "large-quarter", octetsPerFile: octets / 4 },
  ].map((one) => ({ ...row, ...one, clients: [fxpdClient(options.main), lftpClient("default"), byHand] }));
}

function relay(options: Options, isProtected: boolean): Row {
  return {
    ...thirdParty(options),
    name: isProtected ? "relay-tls" : "relay-clear",
    target: "proftpd",
    isProtected,
    octetsPerFile: options.isQuick ? 128 * MIB : GIB,
    way: "relay",
    clients: [fxpdClient(options.main), lftpClient("default"), ...installedClients("relay")],
  };
}

/** One large file to this machine, from a server that limits each connection. */
function segments(options: Options): Row {
  const { main, isQuick } = options;
  const octetsPerFile = isQuick ? 64 * MIB : 256 * MIB;
  return {
    ...thirdParty(options),
    name: "segments",
    octetsPerFile,
    bytesPerSecond: 8 * MIB,
    way: "relay",
    scene: downloadScene(octetsPerFile),
    clients: [
      ...[fxpdDownload(main, 4), fxpdDownload(main, "auto"), fxpdDownload(main, 1)],
      ...[lftpDownload(4), lftpDownload(1)],
    ],
  };
}

/** The same from a ProFTPD, which sends ranges, to a vsftpd that lets several connections write a file. */
function segmentsThirdParty(options: Options): Row {
  const ways = [4, "auto", 1] as const;
  const { octetsPerFile, ...row } = segments(options);
  return {
    ...{ ...row, octetsPerFile },
    name: "segments-third-party",
    source: "proftpd",
    way: "third-party",
    targetSettings: ["lock_upload_files=NO"],
    scene: { ...downloadScene(octetsPerFile), name: "third party" },
    clients: [...ways.map((count) => fxpdThirdParty(options.main, count)), lftpClient("default")],
  };
}

/** One small directory is listed: most of that is the start of a process. */
function listing(options: Options): Row {
  const clients = [lsClient(options.main), bareNode, lftpListing, ...curlListing()];
  return { ...thirdParty(options), name: "start-ls", files: 10, clients, scene: LISTED };
}

/** One file between two instances of vsftpd without delay, in one lane: what rows are made from. */
function thirdParty(options: Options): Omit<Row, "name"> {
  return {
    source: "vsftpd",
    target: "vsftpd",
    isProtected: false,
    roundTripMs: 0,
    lanes: 1,
    files: 1,
    octetsPerFile: SMALL,
    way: "third-party",
    clients: [
      fxpdClient(options.main),
      lftpClient("default"),
      lftpClient("tuned"),
      ...installedClients("third-party"),
    ],
  };
}

/** How long a client may take: several times what the slowest needs. Whole milliseconds. */
export function limitFor({ files, roundTripMs, lanes, octetsPerFile, bytesPerSecond }: Row): number {
  const bytesPerMs = bytesPerSecond === undefined ? 50_000 : bytesPerSecond / 3_000;
  return Math.ceil(20_000 + (files * (roundTripMs * 10 + 20)) / lanes + (files * octetsPerFile) / bytesPerMs);
}
