import { type ImportedHost, present } from "../imported.ts";
import type { LftpSettings } from "./settings.ts";
import type { Site } from "./site.ts";
import type { ScriptContext } from "./script-context.ts";

/** The server of a site, with what settings say of it; the same one for all that is equal. */
export function importedHost(
  site: Site,
  line: number,
  { host }: LftpSettings,
  { found, known, variables }: ScriptContext,
): ImportedHost {
  const { address, port, user, passwordIn, tls } = site;
  const password = site.password ?? variables?.get(passwordIn ?? "");
  const tlsKeys = typeof host.tls === "object" ? host.tls : {};
  const policy =
    tls === undefined
      ? host.tls
      : tls === "implicit"
        ? { ...tlsKeys, policy: "required", start: "implicit" }
        : Object.keys(tlsKeys).length > 0
          ? { ...tlsKeys, policy: "required" }
          : "required";
  const settings = {
    address,
    ...present({ port, user, passwordFrom: passwordIn === undefined ? undefined : { env: passwordIn } }),
    ...present({ tls: policy, dataOpening: host.dataOpening, charset: host.charset, limits: host.limits }),
  };
  const key = JSON.stringify([settings, password]);
  const same = known.get(key);
  if (same !== undefined) return same;
  const made = found.host({
    name: address,
    line,
    settings,
    ...present({ password: password || undefined }),
  });
  known.set(key, made);
  return made;
}
