import type { ConsoleCommand } from "../command.ts";
import { CONNECTION } from "./connection.ts";
import { DIRECTORIES } from "./directories.ts";
import { FILES } from "./files.ts";
import { helpCommands } from "./help.ts";
import { LISTINGS } from "./listings.ts";
import { MACROS } from "./macros.ts";
import { MANY_FILES } from "./many.ts";
import { NAME_MAPS } from "./names.ts";
import { proxyCommand } from "./proxy.ts";
import { REPRESENTATION } from "./representation.ts";
import { SHELL } from "./shell.ts";
import { STATUS } from "./status.ts";
import { TOGGLE_COMMANDS } from "./toggles.ts";
import { TRANSFERS } from "./transfers.ts";
import { VERBATIM } from "./verbatim.ts";

/** All commands of the console. */
export const COMMANDS: readonly ConsoleCommand[] = [
  ...CONNECTION,
  ...DIRECTORIES,
  ...LISTINGS,
  ...TRANSFERS,
  ...MANY_FILES,
  ...FILES,
  ...VERBATIM,
  ...REPRESENTATION,
  ...TOGGLE_COMMANDS,
  ...NAME_MAPS,
  ...MACROS,
  ...SHELL,
  ...STATUS,
  ...helpCommands(() => COMMANDS),
  proxyCommand(() => COMMANDS),
];
