import type { EntryKind } from "../../ftp/listing/entry.ts";
import type { FileFacts } from "../../transfer/sides/side.ts";
import { formatListedTime, parseListedTime } from "./time-text.ts";

/** What is known of one object, and where it leads if it is a symbolic link. */
export interface Facts extends FileFacts {
  readonly linkTarget?: string;
}

/** The same, as programs read it; what is not known is absent. */
export interface FactsJson {
  readonly kind: EntryKind;
  /** Octets. */
  readonly size?: number;
  /** As of {@link formatListedTime}. */
  readonly modified?: string;
  /** Where a symbolic link leads, as that is written. */
  readonly to?: string;
}

export function factsJson({ kind, sizeBytes, modified, linkTarget }: Facts): FactsJson {
  const time = modified && formatListedTime(modified);
  return {
    kind,
    ...(sizeBytes === undefined ? {} : { size: sizeBytes }),
    ...(time === undefined ? {} : { modified: time }),
    ...(linkTarget === undefined ? {} : { to: linkTarget }),
  };
}

export function factsFromJson({ kind, size, modified, to }: FactsJson): Facts {
  const time = modified === undefined ? undefined : parseListedTime(modified);
  return {
    kind,
    ...(size === undefined ? {} : { sizeBytes: size }),
    ...(time === undefined ? {} : { modified: time }),
    ...(to === undefined ? {} : { linkTarget: to }),
  };
}
