import { type ConsoleCommand, localCommand } from "../command.ts";
import { print } from "../effects.ts";
import { failed } from "../session.ts";

const shell = localCommand({
  name: "!",
  usage: "! [COMMAND]",
  help: "run a shell command, or a shell, on this machine",
  completes: "local",
  *run(session, { rest }) {
    const status = (yield { kind: "shell", command: rest }) as number;
    if (status === 0) return session;
    yield* print(`The command ended with status ${status}.`);
    return failed(session);
  },
});

export const SHELL: readonly ConsoleCommand[] = [shell];
