import { lookup } from "node:dns/promises";
import { connect, isIP, type OnReadOpts, type Socket } from "node:net";
import { messageOf } from "../../shared/errors.ts";
import { systemWords } from "../../shared/system-error.ts";
import { formatDuration } from "../../shared/units.ts";
import { ConnectionError } from "../errors.ts";
import { onAbort } from "./abort.ts";
import { pause } from "./pause.ts";
import { anySignal } from "../../shared/any-signal.ts";

/** How many octets a stream holds before it makes the other end wait, and what it reads into. */
export interface Buffers {
  readonly highWaterMark?: number;
  readonly onread?: OnReadOpts;
}

interface SocketOptions extends Buffers {
  /** The address of this machine to connect from. */
  readonly localAddress?: string;
}

/** How long one address is waited for before the next is tried beside it (RFC 8305 §5). */
const STAGGER_MS = 250;

/**
 * Connects to the first address of a name that answers: IPv6 and IPv4 in turn, each tried beside the ones
 * before it (RFC 8305). Looking the name up is part of the time that it may take.
 * @param local the address of this machine to connect from; addresses of the other family are then left out
 * @throws ConnectionError that says why no address could be connected to
 */
export async function dial(
  address: string,
  port: number,
  timeoutMs: number,
  signal: AbortSignal,
  local?: string,
): Promise<Socket> {
  const deadline = AbortSignal.timeout(timeoutMs);
  const found = new AbortController();
  const over = anySignal(signal, deadline, found.signal);
  const failures: unknown[] = [];
  try {
    const addresses = ofFamily(await addressesOf(address, over), local);
    const from = local === undefined ? {} : { localAddress: local };
    return await Promise.any(attempts(addresses, port, over, found, failures, from));
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof ConnectionError) throw error;
    const reasons = [...new Set(failures.map((one) => systemWords(one) ?? messageOf(one)))].join("; ");
    throw new ConnectionError(
      deadline.aborted ? `no answer within ${formatDuration(timeoutMs)}` : reasons,
      failures[0],
    );
  }
}

/** Each address in its turn: when the one before it has failed, or has been waited for. */
function attempts(
  addresses: readonly string[],
  port: number,
  over: AbortSignal,
  found: AbortController,
  failures: unknown[],
  options: SocketOptions,
): readonly Promise<Socket>[] {
  let turn: Promise<unknown> = Promise.resolve();
  return addresses.map((one) => {
    const attempt = turn.then(async () => {
      const socket = await connectTo(one, port, over, options);
      if (found.signal.aborted) socket.destroy();
      found.abort();
      return socket;
    });
    attempt.catch((error: unknown) => failures.push(error));
    turn = turn.then(() => Promise.race([attempt.catch(() => {}), pause(STAGGER_MS)]));
    return attempt;
  });
}

/** Connects to one address. */
export function connectTo(
  address: string,
  port: number,
  signal: AbortSignal,
  options: SocketOptions = {},
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const socket = connect({
      ...options,
      host: address,
      port,
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: 60_000,
    });
    const abort = () => socket.destroy(signal.reason instanceof Error ? signal.reason : undefined);
    signal.addEventListener("abort", abort, { once: true });
    const settle = (act: () => void) => {
      signal.removeEventListener("abort", abort);
      socket.off("connect", connected).off("error", failed).off("close", closed);
      act();
    };
    const connected = () => settle(() => resolve(socket));
    const failed = (error: Error) => settle(() => reject(error));
    const closed = () => settle(() => reject(new Error("closed")));
    socket.once("connect", connected).once("error", failed).once("close", closed);
  });
}

async function addressesOf(name: string, signal: AbortSignal): Promise<readonly string[]> {
  if (isIP(name) !== 0) return [name];
  try {
    const found = await beforeAbort(lookup(name, { all: true, order: "verbatim" }), signal);
    return alternate(found);
  } catch (error) {
    signal.throwIfAborted();
    throw new ConnectionError(systemWords(error) ?? messageOf(error), error);
  }
}

/** Those that a local address can reach. @throws ConnectionError where there are none */
function ofFamily(addresses: readonly string[], local: string | undefined): readonly string[] {
  if (local === undefined) return addresses;
  const reachable = addresses.filter((one) => isIP(one) === isIP(local));
  if (reachable.length > 0) return reachable;
  throw new ConnectionError(`no address of the server is of the same family as the local address ${local}`);
}

/** The families in turn, the one that the system prefers first. */
function alternate(
  found: readonly { readonly address: string; readonly family: number }[],
): readonly string[] {
  const first = found.filter(({ family }) => family === found[0]?.family);
  const second = found.filter(({ family }) => family !== found[0]?.family);
  return first
    .flatMap((one, index) => [one, ...second.slice(index, index + 1)])
    .concat(second.slice(first.length))
    .map(({ address }) => address);
}

/** The promise, or the reason why nobody waits for it any more. */
export function beforeAbort<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  if (signal.aborted) return Promise.reject(signal.reason as Error);
  return new Promise((resolve, reject) => {
    const undo = onAbort(signal, reject);
    promise.then(
      (value) => {
        undo();
        resolve(value);
      },
      (error: Error) => {
        undo();
        reject(error);
      },
    );
  });
}
