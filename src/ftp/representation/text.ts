const CR = 0x0d;
const LF = 0x0a;
const NUL = 0x00;

/** Bytes in, bytes out; any cut of the same bytes gives the same. */
export interface Converter {
  push(octets: Uint8Array): Uint8Array;
  /** What was held back until it was known what follows. */
  end(): Uint8Array;
}

/** Lines of this machine as NVT-ASCII has them: each LF becomes CR LF; nothing else changes (RFC 959 §3.1.1.1). */
export const toNvtAscii = (): Converter => ({
  push(octets) {
    if (!octets.includes(LF)) return octets;
    const lines = octets.reduce((count, octet) => count + (octet === LF ? 1 : 0), 0);
    const converted = new Uint8Array(octets.length + lines);
    let at = 0;
    for (const octet of octets) {
      if (octet === LF) converted[at++] = CR;
      converted[at++] = octet;
    }
    return converted;
  },
  end: () => new Uint8Array(),
});

/**
 * Lines in NVT-ASCII as this machine has them: CR LF becomes LF, CR NUL becomes CR; a CR before anything else stays.
 * @param keepsReturns whether CR LF stays as it is (`cr off`)
 */
export function fromNvtAscii(keepsReturns: boolean): Converter {
  let hasReturn = false;
  return {
    push(octets) {
      const converted: number[] = [];
      for (const octet of octets) {
        if (hasReturn && (octet !== LF || keepsReturns)) converted.push(CR);
        const isPadding = hasReturn && octet === NUL;
        hasReturn = octet === CR;
        if (!hasReturn && !isPadding) converted.push(octet);
      }
      return Uint8Array.from(converted);
    },
    end: () => (hasReturn ? Uint8Array.of(CR) : new Uint8Array()),
  };
}
