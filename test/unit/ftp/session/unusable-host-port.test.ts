import { describe, expect, test } from "vitest";
import { AddressError } from "../../../../src/ftp/errors.ts";
import type { Answer } from "../../../support/scripted-server.ts";
import { DOTS, file, list, listing, listOnce } from "../../../support/listing-scene.ts";

const LIST = listing({ "-a": [...DOTS, file("a")] });
/** EPSV that works, as PASV of a scripted server does. */
const EPSV: Answer = async (session) => {
  const [high = 0, low = 0] = (/(\d+),(\d+)\)/.exec(await session.listen()) ?? []).slice(1).map(Number);
  session.reply(`229 Entering Extended Passive Mode (|||${high * 256 + low}|)`);
};
const FEAT = ["211-Features", " EPSV", "211 End"];
const SOMEBODY_ELSE = "227 Entering Passive Mode (8,8,8,8,200,13)";

describe("a reply that does not tell where to connect", () => {
  test.each([
    "229 Entering Extended Passive Mode (|||0|)",
    "229 Entering Extended Passive Mode (|||70000|)",
    "229 Entering Extended Passive Mode",
    "200 EPSV command successful.",
    "229 Entering Extended Passive Mode (|1|8.8.8.8|51213|)",
  ])("to EPSV is no reason against PASV: %s", async (reply) => {
    const { names, error } = await listOnce({ FEAT, EPSV: reply, LIST }, ["/"], { dataOpening: "passive" });
    expect({ names, error }).toEqual({ names: ["a"], error: undefined });
  });

  test.each([SOMEBODY_ELSE, "227 Entering Passive Mode", "227 Entering Passive Mode (127,0,0,1,0,21)"])(
    "to PASV is no reason against EPSV: %s",
    async (reply) => {
      const { names, error } = await listOnce({ PASV: reply, EPSV, LIST }, ["/"], { dataOpening: "passive" });
      expect({ names, error }).toEqual({ names: ["a"], error: undefined });
    },
  );

  test("is the error, with what allows the address, where there is no other form", async () => {
    const script = { PASV: SOMEBODY_ELSE, EPSV: "500 what?", LIST };
    const { error } = await listOnce(script, ["/"], { dataOpening: "passive" });
    expect(error).toBeInstanceOf(AddressError);
    expect(String(error)).toMatch(/8\.8\.8\.8 rejected: .*dataAddresses/);
  });

  test("is told with the same advice by the next listing of that connection", async () => {
    const script = { PASV: SOMEBODY_ELSE, EPSV: "500 what?", LIST };
    for (const { error } of await list(script, ["/", "/"], { dataOpening: "passive" }))
      expect(String(error)).toMatch(/8\.8\.8\.8 rejected: .*dataAddresses/);
  });

  test("once is no reason against that form for good", async () => {
    let times = 0;
    const PASV: Answer = async (session) => {
      times += 1;
      session.reply(times === 2 ? SOMEBODY_ELSE : await session.listen());
    };
    const listed = await list({ PASV, EPSV: "500 what?", LIST }, ["/", "/", "/"], { dataOpening: "passive" });
    expect(listed.map(({ names }) => names)).toEqual([["a"], [], ["a"]]);
  });

  test("leaves STAT to list, where the other form leads nowhere", async () => {
    const STAT: Answer = (session) => session.reply("213-Status", ...DOTS, file("a"), "213 End");
    // Nobody listens there.
    const script = { PASV: SOMEBODY_ELSE, EPSV: "229 Entering Extended Passive Mode (|||64999|)", STAT };
    const { names, error } = await listOnce(script, ["/"], { dataOpening: "passive" });
    expect({ names, error }).toEqual({ names: ["a"], error: undefined });
  });
});
