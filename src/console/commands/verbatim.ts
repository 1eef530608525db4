import { usesDataConnection } from "../../ftp/command.ts";
import { alias, type ConsoleCommand, serverCommand } from "../command.ts";
import { demand, print, sendStep } from "../effects.ts";
import { ConsoleError } from "../errors.ts";
import { observed } from "../observe.ts";
import { replyText } from "../replies.ts";
import { withoutServer } from "../session.ts";
import { answered } from "./files.ts";

/** Commands after which bytes on the control connection would mean something else. */
const CHANGES_TRANSPORT = /^(AUTH|CCC|ADAT)$/i;

const quote = serverCommand({
  name: "quote",
  usage: "quote COMMAND...",
  help: "send a command as it is",
  missing: ["command line to send"],
  completes: "nothing",
  *run(session, { words }) {
    const [verb = "", ...more] = words;
    const argument = more.length === 0 ? undefined : more.join(" ");
    if (usesDataConnection({ verb }))
      throw new ConsoleError(
        `quote ${verb.toUpperCase()}: needs a data connection, which quote does not open; use get, put, append, ls, nlist or mlsd`,
      );
    if (CHANGES_TRANSPORT.test(verb))
      throw new ConsoleError(
        `quote ${verb.toUpperCase()}: changes how the connection is protected; use --tls, ftpes:// or a host file`,
      );
    if (/^QUIT$/i.test(verb)) {
      yield { kind: "disconnect", on: session.at };
      return withoutServer(session);
    }
    const reply = yield* sendStep(session, verb, argument);
    if (/^(STAT|HELP|SYST|FEAT|PWD|SIZE|MDTM|SITE|NOOP|MLST)$/i.test(verb) && !session.toggles.verbose)
      yield* print(replyText(reply));
    return observed(session, verb, argument ?? "", reply);
  },
});

const site = serverCommand({
  name: "site",
  usage: "site COMMAND...",
  help: "send a command of this server alone (SITE)",
  missing: ["arguments to SITE command"],
  completes: "nothing",
  run: (session, { words }) => answered(session, "SITE", words.join(" ")),
});

const remoteHelp = serverCommand({
  name: "rhelp",
  usage: "rhelp [COMMAND]",
  help: "ask the server for help (HELP)",
  completes: "nothing",
  run: (session, { words }) => answered(session, "HELP", words.length === 0 ? undefined : words.join(" ")),
});

const remoteStatus = serverCommand({
  name: "rstatus",
  usage: "rstatus [PATH]",
  help: "ask the server for its status, or a listing over the control connection (STAT)",
  run: (session, { words }) => answered(session, "STAT", words.length === 0 ? undefined : words.join(" ")),
});

const system = serverCommand({
  name: "system",
  usage: "system",
  help: "show the server's operating system (SYST)",
  completes: "nothing",
  run: (session) => answered(session, "SYST"),
});

const features = serverCommand({
  name: "features",
  isClassic: false,
  usage: "features",
  help: "show the server's features (FEAT)",
  completes: "nothing",
  run: (session) => answered(session, "FEAT"),
});

const options = serverCommand({
  name: "remopts",
  isClassic: false,
  usage: "remopts COMMAND [OPTIONS]",
  help: "set options of a command of the server (OPTS)",
  missing: ["command"],
  completes: "nothing",
  run: (session, { words }) => answered(session, "OPTS", words.join(" ")),
});

const mount = serverCommand({
  name: "smnt",
  isClassic: false,
  usage: "smnt PATH",
  help: "mount another file system structure (SMNT)",
  missing: ["path"],
  completes: "nothing",
  *run(session, { words: [path = ""] }) {
    yield* demand(session, "SMNT", path);
    return session;
  },
});

const allocate = serverCommand({
  name: "allo",
  isClassic: false,
  usage: "allo BYTES",
  help: "have the server reserve space for the next file (ALLO)",
  missing: ["bytes"],
  completes: "nothing",
  *run(session, { words: [bytes = ""] }) {
    yield* demand(session, "ALLO", bytes);
    return session;
  },
});

const abort = serverCommand({
  name: "abort",
  isClassic: false,
  usage: "abort",
  help: "have the server end what it is transferring (ABOR); Ctrl-C does the same during a transfer",
  completes: "nothing",
  *run(session) {
    yield* demand(session, "ABOR");
    return session;
  },
});

export const VERBATIM: readonly ConsoleCommand[] = [
  quote,
  alias("literal", quote, { isClassic: false }),
  site,
  remoteHelp,
  alias("remotehelp", remoteHelp, { isClassic: false }),
  remoteStatus,
  system,
  features,
  options,
  mount,
  allocate,
  abort,
];
