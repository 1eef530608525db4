import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import type { Algorithm } from "../../ftp/session/digest.ts";

/** A digest that grows with the bytes given to it. */
export interface Measure {
  update(octets: Buffer): void;
  /** In lower-case hexadecimal digits. */
  value(): string;
}

export function measureOf(algorithm: Algorithm): Measure {
  if (algorithm !== "CRC32") {
    const hash = createHash(algorithm.replace("-", "").toLowerCase());
    return { update: (octets) => void hash.update(octets), value: () => hash.digest("hex") };
  }
  let sum = 0;
  return {
    update: (octets) => void (sum = crc32(octets, sum)),
    value: () => sum.toString(16).padStart(8, "0"),
  };
}
