import { existsSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";

/** The built command line, which runs us, and the demo's servers beside it. */
export const MAIN = realpathSync(process.argv[1] ?? "");
export const SERVERS = join(dirname(MAIN), "../demo/servers.mjs");

/** Whether this is a checkout, in which npx calls the command, and not a package that was installed. */
export const isCheckout = () => existsSync(join(dirname(MAIN), "../../src"));
