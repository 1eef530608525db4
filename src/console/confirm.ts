import { answerTo, noteOnce, print, type Routine } from "./effects.ts";
import { type ConsoleSession, withToggle } from "./session.ts";

/** The answer about one file of several. */
interface Confirmed {
  readonly session: ConsoleSession;
  readonly verdict: "yes" | "no" | "quit";
  /** Whether nobody is to be asked any more, by later commands either. */
  readonly isForGood?: boolean;
}

/** Lines of a script that are answers; any other line is a command, which the script's author meant as one. */
export const ANSWER = /^\s*(y|yes|n|no|a|all|p|q|\?)\s*$/i;

const CHOICES =
  "y: this file; n: not this file; a: this file and all others; p: the same, and turn prompting off; q: no more files";

/** What the classic clients print after these answers. */
const RESPONSES = {
  a: (command: string) => `Prompting off for duration of ${command}.`,
  p: () => "Interactive mode: off.",
  q: (command: string) => `${command} aborted.`,
} as const;

const hasResponse = (letter: string): letter is keyof typeof RESPONSES => Object.hasOwn(RESPONSES, letter);

/**
 * Asks whether a file is meant, where `prompt` is on. Without a terminal, a script's next line counts only where it
 * can be nothing but an answer; otherwise the answer is yes.
 */
export function* confirm(session: ConsoleSession, command: string, name: string): Routine<Confirmed> {
  if (!session.toggles.prompt) return { session, verdict: "yes" };
  for (;;) {
    const answer = yield* answerTo(`${command} ${name} [anpqy?]? `);
    if (answer === undefined) {
      if (session.isScript) yield* noteOnce(`${command} did not ask: no terminal`);
      return { session, verdict: session.isScript ? "yes" : "quit" };
    }
    const letter = answer.trim().charAt(0).toLowerCase();
    if (letter === "q" && session.isScript)
      yield* noteOnce(`${command}: no more files, because the answer is q or the script has ended`);
    if (letter === "?") yield* print(CHOICES);
    else {
      if (!session.isScript && hasResponse(letter))
        yield* print(RESPONSES[letter](command.replace(/:$/, "")));
      return verdictOf(session, letter);
    }
  }
}

function verdictOf(session: ConsoleSession, letter: string): Confirmed {
  if (letter === "n") return { session, verdict: "no" };
  if (letter === "q") return { session, verdict: "quit" };
  if (letter !== "a" && letter !== "p") return { session, verdict: "yes" };
  // After "a", for the rest of this command alone: its caller asks again then.
  return { session: withToggle(session, "prompt", false), verdict: "yes", isForGood: letter === "p" };
}
