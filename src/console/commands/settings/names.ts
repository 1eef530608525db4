import { type ConsoleCommand, localCommand } from "../../command.ts";
import { print } from "../../effects.ts";
import { UsageError } from "../../errors.ts";

const ntrans = localCommand({
  name: "ntrans",
  usage: "ntrans [IN [OUT]]",
  help: "replace characters in names that are not typed in full; without arguments: turn it off",
  *run(session, { words: [from, to = ""] }) {
    yield* print(from === undefined ? "Ntrans off." : `Ntrans: (in) ${from} (out) ${to}`);
    return { ...session, ntrans: from === undefined ? undefined : { from, to } };
  },
});

const nmap = localCommand({
  name: "nmap",
  usage: "nmap [PATTERN TEMPLATE]",
  help: "derive names that are not typed in full, such as nmap $1.$2 $1.bak; without arguments: turn it off",
  *run(session, { rest }) {
    // As it was typed: a backslash is the template's own.
    const [, from, to] = /^(\S+)\s*(\S.*)?$/.exec(rest) ?? [];
    if (from !== undefined && to === undefined)
      throw new UsageError("nmap: the template is missing: nmap PATTERN TEMPLATE");
    yield* print(from === undefined ? "Nmap off." : `Nmap: (in) ${from} (out) ${to ?? ""}`);
    return { ...session, nmap: from === undefined || to === undefined ? undefined : { from, to } };
  },
});

export const NAME_MAPS: readonly ConsoleCommand[] = [ntrans, nmap];
