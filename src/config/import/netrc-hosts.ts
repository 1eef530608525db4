import { parseNetrc } from "../load/netrc.ts";
import { Gathering, type Imported, ImportError, present } from "./imported.ts";

/**
 * The machines of a netrc file.
 * @throws ImportError for a file without any
 */
export function parseNetrcHosts(text: string): Imported {
  const found = new Gathering();
  const entries = parseNetrc(text);
  if (entries.length === 0)
    throw new ImportError("expected entries such as machine NAME login USER password SECRET");
  let [at, line] = [0, 1];
  for (const { machine, login, password, account, macros } of entries) {
    // The parser does not say on which line a name is; the next occurrence of its name is on its line or after it.
    const next = Math.max(at, text.indexOf(machine ?? "default", at));
    for (; at < next; at += 1) if (text.charCodeAt(at) === 10) line += 1;
    if (machine === undefined) {
      found.leave(line, "default", "it applies to any server; fxpd still reads it from ~/.netrc");
      continue;
    }
    for (const name of macros?.keys() ?? [])
      found.leave(line, `macdef ${name}`, "macros are read by fxpd ftp");
    found.host({
      ...{ name: machine, line },
      settings: { address: machine, ...present({ user: login }) },
      ...present({ password, account }),
    });
  }
  return found;
}
