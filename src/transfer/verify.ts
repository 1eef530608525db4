import { VerificationError } from "./errors.ts";
import type { Ends } from "./relay.ts";

/**
 * Whether what stands at the target is as long as what stands at the source, both asked now: a final reply
 * proves nothing, since in stream mode the end of a file is only the close of a connection (RFC 959 §3.4.1).
 * @returns the size in octets
 * @throws VerificationError when the sizes differ or one of them cannot be known
 */
export async function verifySize({ source, target }: Ends, signal: AbortSignal): Promise<number> {
  const [there, here] = await Promise.all([
    source.side.facts(source.path, signal),
    target.side.facts(target.path, signal),
  ]);
  const from = `${source.side.name}: ${source.path}`;
  const to = `${target.side.name}: ${target.path}`;
  if (there === undefined) throw new VerificationError(`${from}: gone while it was copied`);
  if (here === undefined) throw new VerificationError(`${to}: nothing was stored, though the server said so`);
  if (there.sizeBytes === undefined)
    throw new VerificationError(`${from}: the server does not tell its size`);
  if (here.sizeBytes === undefined) throw new VerificationError(`${to}: the server does not tell its size`);
  if (there.sizeBytes !== here.sizeBytes) {
    throw new VerificationError(`${to}: ${here.sizeBytes} octets arrived, the source has ${there.sizeBytes}`);
  }
  return here.sizeBytes;
}
