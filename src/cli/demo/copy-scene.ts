import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { CopyOptions } from "../../config/schema/options.ts";
import { formatBytes } from "../../shared/units.ts";
import { lsCommand } from "../commands/ls.ts";
import { concluded } from "../output/conclude.ts";
import { EXIT } from "../process/exit.ts";
import { humanOutput } from "../output/output.ts";
import { runCopy } from "../run/run-copy.ts";
import { say, type } from "./say.ts";
import type { Server } from "./servers.ts";
import { growPub, sumOf } from "./trees.ts";

/** Files go from one server to the other, and not through this process. */
export async function copyScene(config: string, archive: Server, edge: Server): Promise<number> {
  await growPub(archive.root);
  type("ls archive:pub");
  await lsCommand("archive:pub", { config });
  type("copy 'archive:pub/**' edge:mirror/");
  const before = await octetsOfThisProcess();
  const streams = { out: process.stdout, err: process.stderr };
  const status = await concluded(humanOutput(streams, 1), (output, signal) => {
    const order = {
      sources: ["archive:pub/**"],
      target: "edge:mirror/",
      options: CopyOptions.parse({}),
      dryRun: false,
    };
    const directories = { config, jobs: config };
    return runCopy({ ...order, directories }, output, signal, join(config, "state"));
  });
  if (status !== EXIT.done) return status;
  const carried = (await octetsOfThisProcess()) - before;
  const [there, here] = [await sumOf(join(archive.root, "pub")), await sumOf(join(edge.root, "mirror"))];
  const isEqual = there.digest === here.digest;
  say(
    isEqual
      ? `\nCompared on disk: ${here.files} files, ${formatBytes(here.octets)}, all identical.`
      : "\nThe trees differ!",
  );
  if (carried > 0)
    say(
      `Everything this process read and wrote meanwhile, including its own output: ${formatBytes(carried)}.`,
    );
  return isEqual ? EXIT.done : EXIT.someFailed;
}

/** Bytes this process has read and written so far, files and sockets together (Linux). */
async function octetsOfThisProcess(): Promise<number> {
  const text = await readFile("/proc/self/io", "utf8").catch(() => "");
  return [...text.matchAll(/^[rw]char: (\d+)$/gm)].reduce((sum, [, octets]) => sum + Number(octets), 0);
}
