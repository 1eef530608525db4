import type { Reply } from "../../../ftp/reply.ts";

/** What happens in a console, as programs read it (`--json`); files as `copy` reports them. */
type ConsoleEvent =
  /** A line that is carried out, without secrets. */
  | { readonly event: "command"; readonly line: string }
  /** How it ended. */
  | {
      readonly event: "result";
      readonly line: string;
      readonly outcome: "succeeded" | "failed";
      readonly seconds: number;
    }
  | ({ readonly event: "reply"; readonly server: string; readonly command: string } & Reply)
  /** One line of a listing, as the server sent it. */
  | { readonly event: "listing"; readonly server: string; readonly line: string }
  /** Bytes of a file that was to be shown: `base64` begins at the byte `from`. */
  | { readonly event: "data"; readonly path: string; readonly from: number; readonly base64: string }
  | { readonly event: "output"; readonly text: string }
  | { readonly event: "note" | "fault"; readonly because: string }
  | { readonly event: "start"; readonly source: string; readonly target: string; readonly size: null }
  | {
      readonly event: "progress";
      readonly source: string;
      readonly target: string;
      readonly bytes: number;
      readonly size: number | null;
      readonly bytesPerSecond: number;
    }
  | {
      readonly event: "transfer";
      readonly source: string;
      readonly target: string;
      readonly outcome: "succeeded" | "failed" | "cancelled";
      readonly by: "third-party" | "relay" | "server-side" | null;
      readonly bytes: number;
      readonly seconds: number;
      readonly because: string;
    }
  | {
      readonly event: "job";
      readonly number: number;
      readonly command: string;
      /** Exit status; null: it runs. */
      readonly status: number | null;
    }
  | {
      readonly event: "summary";
      readonly outcome: "succeeded" | "partial" | "failed" | "cancelled";
      readonly commands: { readonly succeeded: number; readonly failed: number };
      readonly seconds: number;
    };

export type ConsoleReporter = (event: ConsoleEvent) => void;
