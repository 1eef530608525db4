import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { withoutSecrets } from "../../../console/secrets.ts";

/** Lines that are kept. */
const KEPT = 1_000;

/** What a person has typed, newest first, without the secrets in it; kept in a file that only they can read. */
export class InputHistory {
  readonly #file = join(process.env["XDG_STATE_HOME"] || join(homedir(), ".local/state"), "fxpd/ftp-history");
  #lines: string[];

  constructor() {
    this.#lines = read(this.#file);
  }

  get lines(): readonly string[] {
    return this.#lines;
  }

  add(line: string): void {
    const kept = withoutSecrets(line).trim();
    if (kept === "" || kept === this.#lines[0]) return;
    this.#lines = [kept, ...this.#lines].slice(0, KEPT);
  }

  save(): void {
    try {
      mkdirSync(dirname(this.#file), { recursive: true, mode: 0o700 });
      writeFileSync(this.#file, `${this.#lines.toReversed().join("\n")}\n`, { mode: 0o600 });
    } catch {
      // A history that cannot be kept is no reason to fail.
    }
  }
}

function read(file: string): string[] {
  try {
    const lines = readFileSync(file, "utf8").split("\n");
    return lines.filter((line) => line !== "").toReversed();
  } catch {
    return [];
  }
}
