import { expect, test } from "vitest";
import { rangeOf } from "../../../src/ftp/address.ts";

test.each([
  ["10.0.0.0", "private"],
  ["9.255.255.255", "public"],
  ["11.0.0.0", "public"],
  ["172.15.255.255", "public"],
  ["172.16.0.0", "private"],
  ["172.31.255.255", "private"],
  ["172.32.0.0", "public"],
  ["192.167.0.0", "public"],
  ["192.168.0.0", "private"],
  ["169.254.0.1", "private"],
  ["169.253.0.1", "public"],
  // Shared by a provider's customers (RFC 6598).
  ["100.63.255.255", "public"],
  ["100.64.0.0", "private"],
  ["100.127.255.255", "private"],
  ["100.128.0.0", "public"],
  ["127.0.0.1", "loopback"],
  ["128.0.0.1", "public"],
  ["0.0.0.0", "unusable"],
  ["223.255.255.255", "public"],
  ["224.0.0.0", "unusable"],
  ["::1", "loopback"],
  ["::", "unusable"],
  ["ff02::1", "unusable"],
  ["fd00::1", "private"],
  ["fe80::1", "private"],
  ["2001:db8::1", "public"],
])("%s is %s", (address, range) => {
  expect(rangeOf(address)).toBe(range);
});
