import type { Algorithm, Digest } from "../../ftp/session/digest.ts";
import { VerificationError } from "../errors.ts";
import type { ControlTurn } from "../lane.ts";
import type { Role } from "../move/third-party/methods.ts";
import type { Ends } from "../move/relay.ts";
import type { FileFacts } from "../sides/side.ts";

/** What both sides tell of the file after the last octet. */
export interface Arrived {
  readonly source: FileFacts;
  readonly target: FileFacts;
  readonly sizeBytes: number;
}

/** Answers to questions that were written behind the transfer commands; undefined where they are no good. */
export type Asked = Partial<Record<Role, Promise<FileFacts | undefined>>>;

/** Asks one side; undefined for an answer that is no good. */
export function glanceAt(
  ends: Ends,
  role: Role,
  getsTime: boolean,
  written: () => void,
  signal: AbortSignal,
): Promise<FileFacts | undefined> {
  const { side, path } = ends[role];
  // The time that the target has by itself is of no use where it gets another.
  const isTimed = role === "source" || !getsTime;
  return side.glance(path, isTimed, written, signal).catch(() => undefined);
}

/**
 * Whether what stands at the target is as long as what stands at the source, both asked now: a final reply
 * proves nothing, since in stream mode the end of a file is only the close of a connection (RFC 959 §3.4.1).
 * What was asked early is taken where it is good, and asked again where it is not.
 * @throws VerificationError when the sizes differ or one of them cannot be known
 */
export async function verifySize(
  ends: Ends,
  asked: Asked,
  getsTime: boolean,
  controlTurn: ControlTurn,
  signal: AbortSignal,
): Promise<Arrived> {
  const unasked = new Set(ROLES.filter((role) => asked[role] === undefined));
  const ask = (role: Role) => {
    const written = () => void (unasked.delete(role) && unasked.size === 0 && controlTurn.yield());
    return asked[role] ?? glanceAt(ends, role, getsTime, written, signal).finally(written);
  };
  const [there, here] = await Promise.all([ask("source"), ask("target")]);
  if (there?.sizeBytes !== undefined && there.sizeBytes === here?.sizeBytes) {
    return { source: there, target: here, sizeBytes: there.sizeBytes };
  }
  await controlTurn.begin();
  return verifyNow(ends, signal);
}

const ROLES = ["source", "target"] as const;

/** The same, asked now with all care. */
export async function verifyNow({ source, target }: Ends, signal: AbortSignal): Promise<Arrived> {
  const [there, here] = await Promise.all([
    source.side.facts(source.path, signal),
    target.side.facts(target.path, signal),
  ]);
  const from = `${source.side.name}: ${source.path}`;
  const to = `${target.side.name}: ${target.path}`;
  if (there === undefined) throw new VerificationError(`${from}: disappeared while it was being copied`);
  if (here === undefined)
    throw new VerificationError(`${to}: nothing was stored, although the server reported success`, "never");
  if (there.sizeBytes === undefined)
    throw new VerificationError(`${from}: the server does not report its size`, "never");
  if (here.sizeBytes === undefined)
    throw new VerificationError(`${to}: the server does not report its size`, "never");
  if (there.sizeBytes !== here.sizeBytes) {
    throw new VerificationError(
      `${to}: ${here.sizeBytes} bytes arrived, but the source has ${there.sizeBytes}`,
    );
  }
  return { source: there, target: here, sizeBytes: here.sizeBytes };
}

/**
 * Whether the digests are equal. `passed`: that of the octets as they passed us, instead of the source's own.
 * @throws VerificationError when they differ
 */
export async function verifyDigest(
  { source, target }: Ends,
  algorithm: Algorithm,
  sizeBytes: number,
  passed: string | undefined,
  signal: AbortSignal,
): Promise<Digest> {
  const [there, here] = await Promise.all([
    passed ?? source.side.digest(source.path, algorithm, { sizeBytes }, signal),
    target.side.digest(target.path, algorithm, { sizeBytes }, signal),
  ]);
  if (there === here) return { algorithm, value: here };
  throw new VerificationError(
    `${target.side.name}: ${target.path}: ${algorithm} is ${here}, but the source has ${there}`,
  );
}
