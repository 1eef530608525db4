import { type ConsoleCommand, localCommand } from "../../command.ts";
import { print } from "../../effects.ts";
import { ConsoleError } from "../../errors.ts";
import { expandMacro } from "../../grammar/macros.ts";

const macdef = localCommand({
  name: "macdef",
  usage: "macdef NAME",
  help: "define a macro: the lines that follow, up to an empty one",
  missing: ["macro name"],
  *run(session, { words: [name = ""] }) {
    if (!session.isScript) yield* print("Enter macro line by line, terminating it with an empty line");
    return { ...session, defining: { name, lines: [] } };
  },
});

const dollar = localCommand({
  name: "$",
  usage: "$ NAME [WORDS]",
  help: "carry out a macro; $1 to $9 in it are the words, $i each of them in turn",
  missing: ["macro name"],
  completes: "macro",
  *run(session, { words: [name = "", ...words] }, run) {
    const lines = session.macros.get(name);
    if (lines === undefined) {
      const known = [...session.macros.keys()].join(", ");
      throw new ConsoleError(
        `'${name}' macro not found; ${known === "" ? "macdef defines one" : `there are ${known}`}.`,
      );
    }
    let now = session;
    for (const line of expandMacro(lines, words)) if (!now.isLeaving) now = yield* run(now, line);
    return now;
  },
});

export const MACROS: readonly ConsoleCommand[] = [macdef, dollar];
