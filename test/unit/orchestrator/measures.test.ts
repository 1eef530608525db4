import { expect, test } from "vitest";
import { failureKindOf } from "../../../src/orchestrator/history/measures.ts";

test.each([
  ["edge: STOR /a: 550 Permission denied", "reply_5yz"],
  ["edge: RETR /a: 425 Can't open data connection", "reply_4yz"],
  ["edge: connection lost", "connection"],
  ["edge: RETR: no reply within 8000 ms", "connection"],
  ["edge: /a: 3 bytes arrived, but the source has 5", "verification"],
  ["ENOSPC: no space left on device, write", "local"],
  ["something else", "other"],
])("%s is counted as %s", (because, cause) => expect(failureKindOf(because)).toBe(cause));
