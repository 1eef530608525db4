import type { Command } from "../../src/ftp/command.ts";
import type { Client } from "../../src/ftp/session/client.ts";

/** Carries a command that moves data through, as the engine does. */
export async function carriedThrough(client: Client, command: Command, signal: AbortSignal): Promise<void> {
  await using transfer = await client.open(command, 0, signal);
  const stream = await transfer.stream(signal);
  if (/STOR|APPE/.test(command.verb))
    await new Promise((resolve) => stream.end("bytes", () => resolve(null)));
  else for await (const chunk of stream) void chunk;
  await transfer.finish(250, signal);
}
