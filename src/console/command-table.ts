import type { ConsoleCommand } from "./command.ts";
import { CONNECTION } from "./commands/connection.ts";
import { DIRECTORIES } from "./commands/directories.ts";
import { FILES } from "./commands/files.ts";
import { helpCommands } from "./commands/help.ts";
import { LISTINGS } from "./commands/listings.ts";
import { MACROS } from "./commands/settings/macros.ts";
import { MANY_FILES } from "./commands/many.ts";
import { NAME_MAPS } from "./commands/settings/names.ts";
import { PAGES } from "./commands/pages.ts";
import { PRODUCT } from "./commands/product.ts";
import { proxyCommand } from "./commands/proxy.ts";
import { REPRESENTATION } from "./commands/representation.ts";
import { RESUME } from "./commands/resume.ts";
import { SETTINGS } from "./commands/settings/settings.ts";
import { SHELL } from "./commands/shell.ts";
import { STATUS } from "./commands/settings/status.ts";
import { TOGGLE_COMMANDS } from "./commands/settings/toggles.ts";
import { TRANSFERS } from "./commands/transfers.ts";
import { VERBATIM } from "./commands/verbatim.ts";

/** All commands of the console. */
export const COMMANDS: readonly ConsoleCommand[] = [
  ...CONNECTION,
  ...DIRECTORIES,
  ...LISTINGS,
  ...TRANSFERS,
  ...RESUME,
  ...MANY_FILES,
  ...PAGES,
  ...FILES,
  ...VERBATIM,
  ...REPRESENTATION,
  ...TOGGLE_COMMANDS,
  ...SETTINGS,
  ...NAME_MAPS,
  ...MACROS,
  ...SHELL,
  ...PRODUCT,
  ...STATUS,
  ...helpCommands(() => COMMANDS),
  proxyCommand(() => COMMANDS),
];
