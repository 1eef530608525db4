import { styleText } from "node:util";
import type { Stream } from "./screen.ts";

/** When lines have colours; `auto`: on a terminal, unless NO_COLOR is set (no-color.org) or it is a dumb one. */
export type ColorPolicy = "auto" | "always" | "never";

/** The colours of one stream; every text comes back as it is where it has none. */
export interface Palette {
  failure(text: string): string;
  warning(text: string): string;
  success(text: string): string;
}

const same = (text: string) => text;

export const PLAIN: Palette = { failure: same, warning: same, success: same };

const styled = (color: "red" | "yellow" | "green") => (text: string) =>
  text === "" ? text : styleText(color, text, { validateStream: false });

const COLORS: Palette = { failure: styled("red"), warning: styled("yellow"), success: styled("green") };

/** @param env the environment of this process */
export function paletteFor(
  policy: ColorPolicy,
  stream: Stream,
  env: Readonly<Record<string, string | undefined>>,
): Palette {
  const isWanted =
    policy === "always" ||
    (policy === "auto" && stream.isTTY === true && !env["NO_COLOR"] && env["TERM"] !== "dumb");
  return isWanted ? COLORS : PLAIN;
}
