import { z } from "zod";
import { parsePattern } from "../copy/glob.ts";
import { ConfigError } from "../shared/errors.ts";
import { oneOrMany, parsable } from "./fields.ts";
import { type Location, parseLocation } from "./location.ts";
import { copyOptions, excludeOption, rulesFromOption } from "./options.ts";

const LOCATION = "a location such as host:path";

const Source = parsable(LOCATION, (text) => parsePattern(storedLocation(text).path));

const Target = parsable(LOCATION, (text) => {
  if (parsePattern(storedLocation(text).path).kind === "glob") {
    throw new ConfigError("a target cannot have wildcards; \\ before one makes it part of the name");
  }
});

/** `jobs/<job>.yaml`: what is to be copied, and how. */
export const JobFile = z
  .strictObject({
    copy: z
      .strictObject({
        from: oneOrMany(LOCATION, Source).describe(
          "One location or several: host:path, a URL or a local path; with wildcards if wanted",
        ),
        to: Target.describe("The target: a directory, or a file where there is one source without wildcards"),
      })
      .describe("Files to copy, from where and to where"),
    ...copyOptions,
    exclude: excludeOption,
    rulesFrom: rulesFromOption,
  })
  .describe("A job of fxpd: what to copy, and how");
export type JobFile = z.infer<typeof JobFile>;

/** A location in a file, which is no place for a password. */
function storedLocation(text: string): Location {
  const location = parseLocation(text);
  if (location.kind === "url" && location.password !== undefined) {
    throw new ConfigError(
      "a password does not belong in this file; make a host file with passwordFrom, or put it into ~/.netrc",
    );
  }
  return location;
}
