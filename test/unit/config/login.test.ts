import { describe, expect, test } from "vitest";
import { ConfigError } from "../../../src/shared/errors.ts";
import { configurationForEach } from "../../support/configuration.ts";

const { host, settings, write } = configurationForEach();

describe("who logs in", () => {
  const login = async (text: string) => {
    const { credentials } = await settings(text);
    return [credentials.user, await credentials.password(), await credentials.account?.()];
  };

  test("anonymous, where nobody is named", async () => {
    await host("address: a");
    expect(await login("h:")).toEqual(["anonymous", "fxpd@", undefined]);
    expect(await login("ftp://h")).toEqual(["anonymous", "fxpd@", undefined]);
  });

  test("the user of a URL, with the password in it", async () => {
    expect(await login("ftp://me:hu%2Fsh@h")).toEqual(["me", "hu/sh", undefined]);
  });

  test("the user in the netrc file, where no user is named; the server by its address", async () => {
    await write({ netrc: "machine a login me password hush account sales" });
    await host("address: A");
    expect(await login("h:")).toEqual(["me", "hush", "sales"]);
    expect(await login("ftp://a")).toEqual(["me", "hush", "sales"]);
    expect(await login("ftp://b")).toEqual(["anonymous", "fxpd@", undefined]);
  });

  test("a user with the password that the netrc file has for them", async () => {
    await write({ netrc: "machine a login me password 1 machine a login you password 2" });
    await host("address: a\nuser: you");
    expect(await login("h:")).toEqual(["you", "2", undefined]);
    expect(await login("ftp://you@a")).toEqual(["you", "2", undefined]);
  });

  test("nobody whose password cannot be found", async () => {
    await host("address: a\nuser: me");
    await expect(login("h:")).rejects.toThrow(
      new ConfigError("h: no password for me; expected passwordFrom in a host file, or a in ~/.netrc"),
    );
  });

  test("a host file's own password comes before the netrc file", async () => {
    await write({ netrc: "machine a login me password 1", "config/hosts/secret": "2" });
    await host("address: a\nuser: me\npasswordFrom: {file: secret}");
    expect(await login("h:")).toEqual(["me", "2", undefined]);
  });
});
