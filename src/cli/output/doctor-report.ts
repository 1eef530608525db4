import type { Diagnosis } from "../../transfer/move/third-party/diagnose/diagnose.ts";
import { other, type Role } from "../../transfer/role.ts";
import { formatDuration } from "../../shared/units.ts";
import { printable } from "../../shared/printable.ts";
import type { MethodsVerdict } from "../../wiring/examination.ts";
import { hanging } from "./terminal/wrap.ts";

export type RoleNames = Readonly<Record<Role, string>>;

/** Columns of a line before its text. */
const METHOD_WIDTH = 25;
const VERDICT_WIDTH = 10;

/** A report for people, written as it comes. */
export class DoctorReport {
  readonly #write: (text: string) => void;
  readonly #width: number | undefined;
  /** How many methods were not tried, by the reason. */
  readonly #untried = new Map<string, number>();

  constructor(write: (text: string) => void, width: number | undefined) {
    this.#write = write;
    this.#width = width;
  }

  begin(source: string, target: string): void {
    this.#print(printable(`${source} → ${target}`));
  }

  method(diagnosis: Diagnosis, names: RoleNames): void {
    switch (diagnosis.outcome) {
      case "works":
        return this.#row(diagnosis.method, "works", `${wayOf(diagnosis, names)}, ${lasted(diagnosis)}`);
      case "refused":
      case "failed":
        return this.#row(diagnosis.method, diagnosis.outcome, diagnosis.because);
      case "not-tried":
        this.#untried.set(diagnosis.because, (this.#untried.get(diagnosis.because) ?? 0) + 1);
    }
  }

  end({ works, advice, because }: MethodsVerdict): void {
    for (const [reason, count] of this.#untried)
      this.#row("not tried", "", count === 1 ? reason : `${reason} (${count} methods)`);
    if (because !== undefined) return;
    this.#print("");
    const [first] = works;
    this.#text(
      "",
      first === undefined ? NONE_WORKS : `${worksWords(works)}: fxpd copy tries ${first} first.`,
    );
    if (advice.length === 0) return;
    this.#print("");
    this.#print(first === undefined ? "To make it work:" : "To make more methods work:");
    for (const sentence of advice) this.#text("  - ", sentence);
    if (advice.some((sentence) => /foreign|fxp|promiscuous|matchClient/i.test(sentence))) {
      this.#print("");
      this.#text("", BOUNCE);
    }
  }

  #row(name: string, verdict: string, text: string): void {
    this.#text(`  ${name.padEnd(METHOD_WIDTH)}${verdict.padEnd(VERDICT_WIDTH)}`, text);
  }

  #text(before: string, text: string): void {
    for (const line of hanging(before, printable(text), this.#width)) this.#print(line);
  }

  #print(line: string): void {
    this.#write(`${line}\n`);
  }
}

const NONE_WORKS = "No third-party method works: fxpd copy sends files through this machine.";
const BOUNCE =
  "A server that allows third-party transfers can be made to connect to any address (RFC 2577): allow them only for users who need them.";

function worksWords({ length }: readonly string[]): string {
  return length === 1 ? "One method works" : `${length} methods work`;
}

function wayOf({ passive, tlsClient }: Diagnosis, names: RoleNames): string {
  const way = `${names[other(passive)]} connects to ${names[passive]}`;
  return `${way}, ${tlsClient === null ? "unencrypted" : "over TLS"}`;
}

function lasted({ seconds }: { readonly seconds: number }): string {
  return seconds < 0.1 ? "under 0.1 s" : formatDuration(seconds * 1_000);
}
