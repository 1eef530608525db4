/** The sources of each signal that {@link anySignal} has made, for as long as somebody holds it. */
const SOURCES = new WeakMap<AbortSignal, readonly AbortSignal[]>();

/**
 * A signal that aborts when one of the others does, with the same reason.
 *
 * In place of `AbortSignal.any`, whose signal holds its sources weakly. In Node 20 the garbage collector takes an
 * `AbortSignal.timeout` that nothing else holds, and its timer with it: what it should have bounded waits for ever
 * (https://github.com/nodejs/node/issues/57736). In some releases of Node 24 the abort of a source is lost when the
 * source is collected before anybody looks (https://github.com/nodejs/node/issues/65995).
 */
export function anySignal(...signals: readonly AbortSignal[]): AbortSignal {
  // eslint-disable-next-line no-restricted-properties -- the one place
  const any = AbortSignal.any([...signals]);
  SOURCES.set(any, signals);
  return any;
}
