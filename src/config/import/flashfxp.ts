import { Gathering, type Imported, ImportError, portOf, present } from "./imported.ts";
import { parseIni } from "./ini.ts";
import { revealFlashfxp } from "./scrambled.ts";

/** What says nothing of how the server is reached. */
const QUIET = new Set(
  "ip port user pass path localpath anonymous created lastaccess notes comment".split(" "),
);

/**
 * FlashFXP's sites.dat: a section for each site, its name after those of its folders, separated by U+0003.
 * @throws ImportError for what is no such file
 */
export function parseFlashfxp(text: string): Imported {
  const found = new Gathering();
  const sections = parseIni(text);
  if (!sections.some(({ values }) => values.has("ip")))
    throw new ImportError("expected sections such as [NAME] with IP=ADDRESS");
  for (const { name: section, line, values } of sections) {
    const get = (key: string) => values.get(key)?.value || undefined;
    const name = section.replaceAll("\u0003", "-");
    const address = get("ip");
    if (address === undefined) {
      found.leave(line, name, "it has no IP", true);
      continue;
    }
    for (const [key, { line: at, value }] of values)
      if (!QUIET.has(key) && value !== "")
        found.leave(
          at,
          `${name}: ${key}`,
          "its meaning is not published; look at tls and dataOpening of the host",
        );
    const scrambled = values.get("pass");
    const isAnonymous = get("anonymous") === "1" || get("user") === "anonymous";
    const password = scrambled?.value && !isAnonymous ? revealFlashfxp(scrambled.value, section) : undefined;
    if (scrambled?.value && !isAnonymous && password === undefined)
      found.leave(
        scrambled.line,
        `${name}: pass`,
        "it is not hexadecimal; set passwordFrom in the host file",
      );
    found.host({
      ...{ name, line },
      settings: {
        address,
        ...present({ port: portOf(get("port")), user: isAnonymous ? "anonymous" : get("user") }),
      },
      ...present({ password }),
    });
  }
  return found;
}
