import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isCancellation, messageOf } from "../../shared/errors.ts";
import { copyScene } from "../demo/copy-scene.ts";
import { daemonScene } from "../demo/daemon-scene.ts";
import { commandName } from "../demo/built.ts";
import { say } from "../demo/say.ts";
import { introduce, startServers } from "../demo/servers.ts";
import { EXIT } from "../process/exit.ts";

/** From it, files take long enough to be watched. */
const SLOW_SERVER = "vsftpd:anon_max_rate=4000000";

/** `fxpd demo`: the main things, on this machine, between two real servers. */
export async function demoCommand(keep: boolean): Promise<number> {
  const ending = new AbortController();
  const end = () => ending.abort();
  process.on("SIGINT", end).on("SIGTERM", end);
  say(`Starting ${keep ? "three" : "two"} FTP servers, each on its own loopback address.`);
  const supervisor = startServers("vsftpd", "proftpd", ...(keep ? [SLOW_SERVER] : []));
  const config = await mkdtemp(join(tmpdir(), "fxpd-demo-"));
  try {
    const [archive, edge, slow] = await supervisor.servers;
    if (archive === undefined || edge === undefined) return EXIT.nothingDone;
    await introduce(config, { archive, edge, ...(slow === undefined ? {} : { slow }) });
    say(`  archive: ${archive.family} at ${archive.address} port ${archive.port}`);
    say(`  edge:    ${edge.family} at ${edge.address} port ${edge.port}`);
    if (slow !== undefined)
      say(`  slow:    ${slow.family} at ${slow.address} port ${slow.port}, 4 MB/s per connection`);
    const copied = await copyScene(config, archive, edge);
    if (copied !== EXIT.done) return copied;
    const stay = keep ? untilInterrupted(ending.signal) : async () => {};
    return await daemonScene(config, { archive, edge, slow }, stay, ending.signal);
  } catch (error) {
    if (isCancellation(error)) return EXIT.interrupted;
    process.stderr.write(`fxpd: ${messageOf(error)}\n`);
    return EXIT.someFailed;
  } finally {
    await supervisor.end();
    await rm(config, { recursive: true, force: true });
    process.off("SIGINT", end).off("SIGTERM", end);
  }
}

function untilInterrupted(signal: AbortSignal): (config: string) => Promise<void> {
  return async (config) => {
    const fxpd = commandName();
    say(`\nEverything keeps running until you press Ctrl-C. Try: ${fxpd} runs --config ${config}`);
    say(`                                                     ${fxpd} ls --config ${config} edge:site`);
    const held = setInterval(() => {}, 60_000);
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve));
    clearInterval(held);
  };
}
