import type { EntryKind } from "../ftp/listing/entry.ts";
import type { FileFacts } from "../transfer/side.ts";
import { formatListedTime, parseListedTime } from "./time-text.ts";

/** What is known of one object, as programs read it; what is not known is absent. */
export interface Told {
  readonly kind: EntryKind;
  /** Octets. */
  readonly size?: number;
  /** As of {@link formatListedTime}. */
  readonly modified?: string;
}

export function toldOf({ kind, sizeBytes, modified }: FileFacts): Told {
  const time = modified && formatListedTime(modified);
  return {
    kind,
    ...(sizeBytes === undefined ? {} : { size: sizeBytes }),
    ...(time === undefined ? {} : { modified: time }),
  };
}

export function factsOfTold({ kind, size, modified }: Told): FileFacts {
  const time = modified === undefined ? undefined : parseListedTime(modified);
  return {
    kind,
    ...(size === undefined ? {} : { sizeBytes: size }),
    ...(time === undefined ? {} : { modified: time }),
  };
}
