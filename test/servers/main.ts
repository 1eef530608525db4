import { startServers } from "./running.ts";
import { FAMILIES } from "./server.ts";

/**
 * Starts the servers named on the command line (`vsftpd`, or `vsftpd:anon_max_rate=4000000` with a setting of its own),
 * says in one line of JSON where they are, and ends them when its input ends: `fxpd demo` holds that open for as long
 * as it wants them.
 */
const wanted = process.argv.slice(2).flatMap((word) => {
  const [name, ...settings] = word.split(":");
  const family = FAMILIES.find((known) => known === name);
  return family === undefined ? [] : [{ family, settings }];
});
try {
  await using started = await startServers(wanted);
  const servers = started.servers.map(({ family, address, port, user, password, root, home }) => ({
    ...{ family, address, port, user, password, root, home },
  }));
  process.stdout.write(`${JSON.stringify({ servers })}\n`);
  await new Promise((resolve) => {
    process.stdin.resume().once("end", resolve).once("close", resolve);
    process.once("SIGTERM", resolve).once("SIGINT", resolve);
  });
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}
process.stdin.destroy();
