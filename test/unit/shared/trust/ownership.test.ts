import { expect, test } from "vitest";
import { distrustOf } from "../../../../src/shared/trust/ownership.ts";

const ME = 1000;
const MINE = 1000;
const STAFF = 50;
const reader = { uid: ME, name: "me", isPrivate: (gid: number) => gid === MINE };

test.each([
  // uid, gid, mode, directory, the remedy where it is refused
  [ME, MINE, 0o600, false, undefined],
  [ME, MINE, 0o644, false, undefined],
  [ME, MINE, 0o664, false, undefined],
  [ME, STAFF, 0o664, false, "chmod g-w a"],
  [ME, STAFF, 0o644, false, undefined],
  [ME, MINE, 0o666, false, "chmod o-w a"],
  [ME, MINE, 0o646, false, "chmod o-w a"],
  [0, 0, 0o644, false, undefined],
  [0, 0, 0o444, false, undefined],
  [0, MINE, 0o664, false, undefined],
  [0, STAFF, 0o664, false, "chmod g-w a"],
  [0, 0, 0o666, false, "chmod o-w a"],
  [65_534, MINE, 0o600, false, "chown me a"],
  [1_001, STAFF, 0o644, false, "chown me a"],
  [ME, MINE, 0o700, true, undefined],
  [ME, MINE, 0o775, true, undefined],
  [ME, STAFF, 0o775, true, "chmod g-w a"],
  [ME, MINE, 0o777, true, "chmod o-w a"],
  [0, 0, 0o755, true, undefined],
  [0, 0, 0o1777, true, undefined],
  [65_534, 0, 0o1777, true, "chown me a"],
  [65_534, 65_534, 0o777, true, "chown me a"],
  [ME, MINE, 0o1666, false, "chmod o-w a"],
])("user %d, group %d, mode %o, directory %j: %j", (uid, gid, mode, isDirectory, remedy) => {
  expect(distrustOf({ path: "a", uid, gid, mode, isDirectory }, reader, true)?.remedy).toBe(remedy);
});

test("what everybody may make files in is no place for a state, whoever may replace them", () => {
  const everybodys = { path: "a", uid: 0, gid: 0, mode: 0o1777, isDirectory: true };
  expect(distrustOf(everybodys, reader, false)).toEqual({
    because: "is writable by everyone",
    remedy: "chmod o-w a",
  });
});

test("a remedy can be pasted whatever the path is", () => {
  const odd = { path: "it's $(here)", uid: 7, gid: 7, mode: 0o600, isDirectory: false };
  expect(distrustOf(odd, reader, true)?.remedy).toBe("chown me 'it'\\''s $(here)'");
});
