import { tokenOf } from "../../src/api/access/auth.ts";
import { WrongTokens } from "../../src/api/access/wrong-tokens.ts";
import type { ApiDeps } from "../../src/api/deps.ts";
import { readStanding } from "../../src/api/views/standing.ts";
import { noLogger } from "../../src/shared/logger.ts";

/** What the API needs to answer without a socket; the token `do-1` may operate. */
export function apiDeps(
  given: Pick<ApiDeps, "installation" | "directories" | "streams"> & { readonly definitions: object },
): ApiDeps {
  const definitions = given.definitions as ApiDeps["definitions"];
  return {
    ...given,
    definitions,
    standing: () => readStanding({ installation: given.installation, definitions }),
    tokens: [tokenOf("ops", "operate", "do-1")],
    wrongTokens: new WrongTokens(given.installation.clock),
    allowUrls: false,
    address: "127.0.0.1",
    parts: new Map(),
    log: noLogger,
    ofProcess: async () => "",
    version: "9",
    startedMs: 0,
    publicJobs: ["night*"],
  } as unknown as ApiDeps;
}
