import type { Reply } from "../reply.ts";

/** One line of the conversation with a server, secrets masked. */
export interface TranscriptLine {
  readonly host: string;
  readonly from: "us" | "server" | "note";
  /** Made anew each time that it is read, and no property of the object's own: a spread of a line has none. */
  readonly text: string;
  /** The same as a reply, where it is one, so that its lines can be shown as they came. */
  readonly reply?: Reply | undefined;
}

export type Transcript = (line: TranscriptLine) => void;
