import { z } from "zod";
import { globBelow } from "../../copy/glob.ts";
import { type Cron, parseCron } from "../../schedule/cron.ts";
import type { JobSchedule } from "../../schedule/due.ts";
import { timeOfDay } from "../../schedule/window.ts";
import { ConfigError } from "../../shared/errors.ts";
import { Duration, parsable, parsed } from "./fields.ts";
import { type Location, parseStoredLocation } from "../locations/location.ts";
import { except, longest, timeZone } from "./schedule.ts";

const NAMES = "the name of a file, or a glob such as *.csv";
const Names = parsable(NAMES, (value) => {
  if (value === "" || value.startsWith("/")) throw new ConfigError(`expected ${NAMES}, below the directory`);
  globBelow("", value);
});

const DIRECTORY = "a location such as host:path, without wildcards";
const Directory = parsable(DIRECTORY, (value) => {
  const location: Location = parseStoredLocation(value);
  const hasPassword = location.kind === "url" && location.password !== undefined;
  if (hasPassword || /[*?[{]/.test(location.path)) throw new ConfigError(`expected ${DIRECTORY}`);
});

const BY = "a time of day such as 06:00, or a cron expression such as 0 6 * * 1-5";
const By = parsed(BY, (value): Cron => {
  const time = timeOfDay(value);
  if (time === undefined && !value.includes(" ")) throw new ConfigError(`expected ${BY}`);
  return parseCron(time === undefined ? value : `${(time / 60) % 60} ${Math.floor(time / 3_600) % 24} * * *`);
});

const watch = z.strictObject({
  for: Names.describe(
    "The files to wait for, relative to the directory: a glob such as *.csv, or the name of a completion marker",
  ),
  in: Directory.optional().describe(
    "The directory to watch (default: the directory of the job's first source)",
  ),
  every: Duration.prefault("1m").describe("How often it is listed; at most 1d (default: 1m)"),
  settled: Duration.optional().describe(
    "How long size and time of all new files must stay unchanged; at most 1d (default: 2m for a glob, none for the name of one file)",
  ),
  by: By.optional().describe(
    "When files must have arrived, otherwise it is reported: a time of day such as 06:00, or a cron expression such as 0 6 * * 1-5 (default: none)",
  ),
  timeZone,
  except: except.describe(
    "Days on which no files are expected, such as 2026-12-25, or 12-25 for every year (default: none)",
  ),
  longest,
});
export type Watch = z.infer<typeof watch>;

/** What a job says of what it waits for. */
export const watchOption = {
  watch: watch
    .optional()
    .describe("Run the job when files have arrived in a directory and have stopped growing"),
} as const;

/** The times by which something has to have come. */
export function timesOf({ timeZone: zone, except: days }: Watch, by: Cron): JobSchedule {
  return { cron: by, timeZone: zone, only: [], except: days };
}
