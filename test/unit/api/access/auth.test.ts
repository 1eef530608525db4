import { expect, test } from "vitest";
import { identify, requireRole, tokenOf } from "../../../../src/api/access/auth.ts";

const TOKENS = [tokenOf("eye", "read", "look-1"), tokenOf("ops", "operate", "do-1")];
const HERE = "127.0.0.1";
const AWAY = "192.0.2.7";

test.each([
  ["Bearer look-1", "eye", "read"],
  ["bearer  do-1 ", "ops", "operate"],
])("whoever sends %j is %s", (authorization, name, role) => {
  expect(identify(TOKENS, { authorization, remote: AWAY })).toEqual({ name, role, isNamed: true });
});

test.each([undefined, "", "Bearer", "Bearer ", "Basic look-1", "Bearer look-1 do-1"])(
  "%j is no token: 401",
  (authorization) => {
    expect(() => identify(TOKENS, { authorization, remote: HERE })).toThrow(
      expect.objectContaining({ status: 401, message: "a token is required: Authorization: Bearer TOKEN" }),
    );
  },
);

test.each(["Bearer look-2", "Bearer look-", "Bearer look-11", "Bearer eye"])(
  "nobody has %j: 401",
  (authorization) => {
    expect(() => identify(TOKENS, { authorization, remote: HERE })).toThrow(
      expect.objectContaining({ status: 401, message: expect.stringMatching(/^unknown token; /) as string }),
    );
  },
);

test("a token for looking may look and not operate", () => {
  const [eye, ops] = TOKENS.map(({ name, role }) => ({ name, role }));
  expect(() => requireRole(eye!, "read")).not.toThrow();
  expect(() => requireRole(ops!, "operate")).not.toThrow();
  expect(() => requireRole(eye!, "operate")).toThrow(
    'the token of eye is read-only; this request needs the role "operate"',
  );
});

test.each([HERE, "::1", "::ffff:127.0.0.1", "127.8.9.10"])(
  "without tokens %s may look and change nothing",
  (remote) => {
    const caller = identify([], { authorization: undefined, remote });
    expect(() => requireRole(caller, "read")).not.toThrow();
    expect(() => requireRole(caller, "operate")).toThrow(
      expect.objectContaining({
        status: 403,
        message:
          "without tokens, the API is read-only; to allow changes, define a token under api.tokens in daemon.yaml",
      }),
    );
  },
);

test.each([AWAY, "::ffff:192.0.2.7", "127.0.0.1.example.org", "", undefined])(
  "without tokens %j may nothing",
  (remote) => {
    expect(() => identify([], { authorization: "Bearer look-1", remote })).toThrow(
      expect.objectContaining({ status: 403 }),
    );
  },
);
