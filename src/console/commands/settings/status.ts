import { type ConsoleCommand, localCommand } from "../../command.ts";
import { print } from "../../effects.ts";
import { type ConsoleSession, type Toggle, TOGGLES, type Which } from "../../session.ts";

/** All settings, as `status` shows them. */
export function settingsText(session: ConsoleSession): string {
  const { ntrans, nmap, macros, toggles } = session;
  const onOff = (Object.keys(TOGGLES) as Toggle[]).map(
    (name) => `${TOGGLES[name].says}: ${toggles[name] ? "on" : "off"}`,
  );
  return [
    serverLine(session, "first", "Not connected."),
    serverLine(session, "second", "No proxy connection."),
    ...pairs(onOff),
    `Bytes per hash mark: ${session.hashBytes}; Debugging: ${session.debug}`,
    ...(Object.keys(session.rates).length > 0
      ? [`Bytes per second at most: get ${session.rates.get ?? "any"}; put ${session.rates.put ?? "any"}`]
      : []),
    `Ntrans: ${ntrans === undefined ? "off" : `(in) ${ntrans.from} (out) ${ntrans.to}`}`,
    `Nmap: ${nmap === undefined ? "off" : `(in) ${nmap.from} (out) ${nmap.to}`}`,
    ...(session.restartAt > 0 ? [`The next transfer begins after ${session.restartAt} bytes`] : []),
    `Macros: ${macros.size === 0 ? "none" : [...macros.keys()].join(", ")}`,
  ].join("\n");
}

function serverLine({ servers }: ConsoleSession, which: Which, otherwise: string): string {
  const server = servers[which];
  if (server === undefined) return otherwise;
  const { type, format, mode, structure } = server.representation;
  const text = type === "A" || type === "E" ? ` ${format}` : "";
  const label = which === "first" ? "Connected to" : "Connected for proxy commands to";
  return `${label} ${server.name}.\n  Type: ${type}${text}; Mode: ${mode}; Structure: ${structure}`;
}

function pairs(items: readonly string[]): readonly string[] {
  return items.flatMap((item, index) =>
    index % 2 === 0 ? [[item, ...items.slice(index + 1, index + 2)].join("; ")] : [],
  );
}

const status = localCommand({
  name: "status",
  usage: "status",
  help: "show all settings",
  *run(session) {
    yield* print(settingsText(session));
    return session;
  },
});

export const STATUS: readonly ConsoleCommand[] = [status];
