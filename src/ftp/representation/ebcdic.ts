/** IBM code pages whose characters are those of ISO 8859-1, each at a place of its own. */
export type CodePage = "1047" | "037";

/**
 * ISO 8859-1 for each of the 256 bytes of code page 1047. NL (0x15) is LF and 0x25 is NEL, not the other way round: NL is
 * what ends a line in EBCDIC (RFC 959 §3.1.1.2), as LF does here.
 */
const PAGE_1047 = [
  "000102039c09867f978d8e0b0c0d0e0f101112139d0a08871819928f1c1d1e1f",
  "808182838485171b88898a8b8c050607909116939495960498999a9b14159e1a",
  "20a0e2e4e0e1e3e5e7f1a22e3c282b7c26e9eaebe8edeeefecdf21242a293b5e",
  "2d2fc2c4c0c1c3c5c7d1a62c255f3e3ff8c9cacbc8cdcecfcc603a2340273d22",
  "d8616263646566676869abbbf0fdfeb1b06a6b6c6d6e6f707172aabae6b8c6a4",
  "b57e737475767778797aa1bfd05bdeaeaca3a5b7a9a7b6bcbdbedda8af5db4d7",
  "7b414243444546474849adf4f6f2f3f57d4a4b4c4d4e4f505152b9fbfcf9faff",
  "5cf7535455565758595ab2d4d6d2d3d530313233343536373839b3dbdcd9da9f",
].join("");

/** Code page 037 has these pairs exchanged: `[` and `]`, `^` and `¬`, `Ý` and `¨` lie elsewhere. */
const EXCHANGED_IN_037 = [
  [0xad, 0xba],
  [0xbd, 0xbb],
  [0x5f, 0xb0],
] as const;

interface Tables {
  readonly toLatin: Uint8Array;
  readonly fromLatin: Uint8Array;
}

const TABLES: Readonly<Record<CodePage, Tables>> = {
  "1047": tablesOf([]),
  "037": tablesOf(EXCHANGED_IN_037),
};

function tablesOf(exchanged: readonly (readonly [number, number])[]): Tables {
  const toLatin = Uint8Array.from(Buffer.from(PAGE_1047, "hex"));
  for (const [one, other] of exchanged) {
    [toLatin[one], toLatin[other]] = [toLatin[other] ?? 0, toLatin[one] ?? 0];
  }
  const fromLatin = new Uint8Array(256);
  for (const [ebcdic, latin] of toLatin.entries()) fromLatin[latin] = ebcdic;
  return { toLatin, fromLatin };
}

/** Bytes of ISO 8859-1 (or any other, one by one) in EBCDIC; {@link fromEbcdic} gives them back. */
export function toEbcdic(octets: Uint8Array, page: CodePage): Uint8Array {
  const { fromLatin } = TABLES[page];
  return octets.map((octet) => fromLatin[octet] ?? 0);
}

/** Bytes of EBCDIC in ISO 8859-1. */
export function fromEbcdic(octets: Uint8Array, page: CodePage): Uint8Array {
  const { toLatin } = TABLES[page];
  return octets.map((octet) => toLatin[octet] ?? 0);
}
