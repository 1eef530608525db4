import { type ConsoleCommand, localCommand } from "../../command.ts";
import { noteOnce, print } from "../../effects.ts";
import { UsageError } from "../../errors.ts";
import { type Direction, type Option, OPTIONS, type ConsoleSession } from "../../session.ts";

function optionOf(command: string, word: string): Option {
  if (Object.hasOwn(OPTIONS, word)) return word as Option;
  throw new UsageError(`${command}: unknown option ${word}; expected ${Object.keys(OPTIONS).join(", ")}`);
}

const set = localCommand({
  name: "set",
  isClassic: false,
  usage: "set [OPTION VALUE]",
  help: `show or change an option: ${Object.keys(OPTIONS).join(", ")}`,
  *run(session, { words: [word, ...values] }) {
    if (word === undefined) {
      for (const [name, help] of Object.entries(OPTIONS))
        yield* print(`${name.padEnd(12)}${valueOf(session, name as Option)}  (${help})`);
      return session;
    }
    const option = optionOf("set", word);
    const value = values.join(" ");
    if (value === "") throw new UsageError(`set ${option}: the value is missing; unset ${option} removes it`);
    if (option === "auto-type" && !/^(on|off)$/.test(value))
      throw new UsageError(`set auto-type: "${value}" is neither on nor off`);
    return { ...session, options: { ...session.options, [option]: value } };
  },
});

function valueOf({ options }: ConsoleSession, option: Option): string {
  const value = options[option];
  return value === undefined ? "unset" : option === "anonpass" ? "set" : value;
}

const unset = localCommand({
  name: "unset",
  isClassic: false,
  usage: "unset OPTION",
  help: "remove the value of an option",
  missing: ["option"],
  *run(session, { words: [word = ""] }) {
    yield* [];
    const { [optionOf("unset", word)]: _, ...options } = session.options;
    return { ...session, options };
  },
});

const UNITS: Readonly<Record<string, number>> = { "": 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 };

/** Bytes, with k, M or G of 1024 to the power of 1, 2 or 3. @throws UsageError */
function bytesOf(command: string, text: string): number {
  const [, digits, unit = ""] = /^(\d{1,12})([kmg]?)b?$/i.exec(text) ?? [];
  const factor = UNITS[unit.toLowerCase()];
  if (digits === undefined || factor === undefined)
    throw new UsageError(`${command}: "${text}" is not a number of bytes such as 512k or 10M`);
  return Number(digits) * factor;
}

const rate = localCommand({
  name: "rate",
  isClassic: false,
  usage: "rate [all|get|put [BYTES]]",
  help: "limit transfers to so many bytes per second, such as 512k or 10M; 0: no limit",
  *run(session, { words: [direction, text, increment] }) {
    if (direction === undefined) {
      yield* print(`${shownRate(session, "get")}; ${shownRate(session, "put")}`);
      return session;
    }
    if (direction !== "all" && direction !== "get" && direction !== "put")
      throw new UsageError(`rate: "${direction}" is not a direction; expected all, get or put`);
    if (increment !== undefined)
      yield* noteOnce("rate: the increment is not used; no signal changes the rate here");
    const bytes = text === undefined ? 0 : bytesOf("rate", text);
    const value = bytes === 0 ? undefined : bytes;
    const changed: readonly Direction[] = direction === "all" ? ["get", "put"] : [direction];
    const rates = Object.fromEntries(
      Object.entries({
        ...session.rates,
        ...Object.fromEntries(changed.map((one) => [one, value])),
      }).filter(([, bytesPerSecond]) => bytesPerSecond !== undefined),
    ) as ConsoleSession["rates"];
    const after = { ...session, rates };
    yield { kind: "settings", session: after };
    for (const one of changed) yield* print(`${shownRate(after, one)}.`);
    return after;
  },
});

function shownRate({ rates }: ConsoleSession, direction: Direction): string {
  const limit = rates[direction];
  return `Rate of ${direction}: ${limit === undefined ? "no limit" : `${limit} bytes per second`}`;
}

const xferbuf = localCommand({
  name: "xferbuf",
  isClassic: false,
  usage: "xferbuf [BYTES]",
  help: "accepted from scripts of other clients: buffers have the size that they need",
  *run(session, { words: [text] }) {
    if (text !== undefined) bytesOf("xferbuf", text);
    yield* noteOnce("xferbuf: buffers have the size that they need");
    return session;
  },
});

export const SETTINGS: readonly ConsoleCommand[] = [set, unset, rate, xferbuf];
