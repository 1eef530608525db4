import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Reply } from "../../../../../../src/ftp/reply.ts";
import { begin, step } from "../../../../../../src/transfer/move/third-party/attempt/attempt.ts";
import type {
  Attempt,
  AttemptAction,
  AttemptEvent,
  AttemptPolicy,
} from "../../../../../../src/transfer/move/third-party/attempt/attempt-state.ts";
import type { Role } from "../../../../../../src/transfer/role.ts";
import { ALL_METHODS } from "../../../../../support/methods.ts";

const at = { address: "192.0.2.1", port: 4_000 };
const policies: readonly AttemptPolicy[] = (["at-once", "after-accept", "unknown"] as const).flatMap(
  (targetBegins) =>
    [true, false].map((isAhead) => ({
      names: { source: "source", target: "target" },
      targetBegins,
      patienceMs: 1,
      finalMs: 3,
      graceMs: 2,
      silentMs: 2,
      isAhead,
    })),
);

const role = fc.constantFrom<Role>("source", "target");
const reply: fc.Arbitrary<Reply> = fc
  .constantFrom(226, 250, 425, 426, 451, 452, 550, 553, 421)
  .map((code) => ({ code, lines: ["words"] }));
const event: fc.Arbitrary<AttemptEvent> = fc.oneof(
  fc.constant<AttemptEvent>({ type: "listening", at }),
  fc.constant<AttemptEvent>({ type: "address-accepted" }),
  fc.constant<AttemptEvent>({ type: "elapsed" }),
  role.map((by): AttemptEvent => ({ type: "begun", by })),
  fc
    .record({ by: role, reply })
    .map(({ by, reply: said }): AttemptEvent => ({ type: "ended", by, reply: said })),
  role.map((by): AttemptEvent => ({ type: "lost", by, error: new Error("gone") })),
);

/** Plays events in turn; gives every action, how each side ended first after it was started, and the last state. */
const IN_STEP = policies.find(({ targetBegins, isAhead }) => targetBegins === "after-accept" && !isAhead);
const TARGET_PASV = ALL_METHODS.find(({ name }) => name === "target-pasv");

function play(events: readonly AttemptEvent[], method = TARGET_PASV, policy = IN_STEP) {
  if (method === undefined || policy === undefined) throw new Error("nothing to play");
  let attempt: Attempt = begin(method);
  const actions: AttemptAction[] = [];
  const ends = new Map<Role, AttemptEvent>();
  for (const one of events) {
    const isStarted = (by: Role) => actions.some((action) => action.type === "start" && action.role === by);
    if ((one.type === "ended" || one.type === "lost") && isStarted(one.by) && !ends.has(one.by))
      ends.set(one.by, one);
    const [next, ...todo] = step(attempt, one, policy);
    attempt = next;
    actions.push(...todo);
  }
  return { attempt, actions, ends };
}

describe("the third-party state machine", () => {
  test("says moved only when both final replies were positive, in any order of events", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...ALL_METHODS),
        fc.constantFrom(...policies),
        fc.array(event, { maxLength: 30 }),
        (method, policy, events) => {
          const { attempt, actions, ends } = play(events, method, policy);
          if (attempt.phase !== "over" || attempt.outcome.kind !== "moved") return;
          for (const side of ["source", "target"] as const) {
            const end = ends.get(side);
            expect(end?.type === "ended" && end.reply.code < 300).toBe(true);
            expect(actions).toContainEqual({ type: "start", role: side });
          }
          expect(actions.some(({ type }) => type === "call" || type === "relisten")).toBe(false);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  test("never starts the source before the target, and each only once", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...ALL_METHODS),
        fc.constantFrom(...policies),
        fc.array(event, { maxLength: 30 }),
        (method, policy, events) => {
          const { actions } = play(events, method, policy);
          const started = actions.flatMap((one) => (one.type === "start" ? [one.role] : []));
          expect(["", "target", "target,source"]).toContain(started.join());
        },
      ),
    );
  });

  test("lets two sides that run take their time, whatever time-outs were set before", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...ALL_METHODS),
        fc.constantFrom(...policies),
        fc.integer({ min: 1, max: 5 }),
        fc.boolean(),
        (method, policy, timeouts, sourceBegins) => {
          const opening: AttemptEvent[] = [
            { type: "listening", at },
            { type: "address-accepted" },
            { type: "begun", by: "target" },
            ...(sourceBegins ? ([{ type: "begun", by: "source" }] as const) : []),
          ];
          const before = play(opening, method, policy);
          const elapsed = Array<AttemptEvent>(timeouts).fill({ type: "elapsed" });
          const { attempt, actions } = play([...opening, ...elapsed], method, policy);
          expect(attempt).toEqual(before.attempt);
          expect(actions).toEqual(before.actions);
        },
      ),
    );
  });

  test("ends within three time-outs once one side has ended, whatever the other does not say", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...ALL_METHODS),
        fc.constantFrom(...policies),
        role,
        reply,
        (method, policy, by, said) => {
          const opening: AttemptEvent[] = [
            { type: "listening", at },
            { type: "address-accepted" },
            { type: "begun", by: "target" },
          ];
          const silence: AttemptEvent[] = [{ type: "elapsed" }, { type: "elapsed" }, { type: "elapsed" }];
          const { actions, attempt } = play(
            [...opening, { type: "ended", by, reply: said }, ...silence],
            method,
            policy,
          );
          expect(attempt.phase === "over" || actions.some(({ type }) => type === "disconnect")).toBe(true);
        },
      ),
    );
  });

  test("a target that begins only when it has accepted is not waited for", () => {
    const { actions } = play([{ type: "listening", at }, { type: "address-accepted" }]);
    expect(actions).toEqual([
      { type: "tell", role: "source", at },
      { type: "start", role: "target" },
      { type: "start", role: "source" },
    ]);
  });

  test("a passive target that nobody reaches is called by us, and what it says then proves nothing", () => {
    const done = { code: 226, lines: ["done"] };
    const { actions, attempt } = play([
      { type: "listening", at },
      { type: "address-accepted" },
      { type: "begun", by: "source" },
      { type: "ended", by: "source", reply: done },
      { type: "elapsed" },
      { type: "ended", by: "target", reply: done },
    ]);
    expect(actions).toContainEqual({ type: "call", at });
    expect(attempt).toMatchObject({
      phase: "over",
      outcome: { kind: "impossible", because: "target got no data connection" },
    });
  });
});
