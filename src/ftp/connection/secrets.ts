import { isSecret, type Command } from "../command.ts";
import type { Reply } from "../reply.ts";

/** What we have said on a connection that nobody else may see. */
export class Secrets {
  /** As they are, and as JSON writes them. */
  readonly #forms = new Set<string>();

  /** Remembers what is secret in a command. */
  note(command: Command): void {
    if (!isSecret(command) || !command.argument) return;
    this.#forms.add(command.argument).add(JSON.stringify(command.argument).slice(1, -1));
  }

  /** A text without them. */
  masked(text: string): string {
    let shown = text;
    for (const form of this.#forms) if (shown.includes(form)) shown = shown.replaceAll(form, "***");
    return shown;
  }

  /** A reply as errors may quote it. */
  quotable(reply: Reply): Reply {
    for (const form of this.#forms)
      if (reply.lines.some((line) => line.includes(form)))
        return { code: reply.code, lines: reply.lines.map((line) => this.masked(line)) };
    return reply;
  }
}
