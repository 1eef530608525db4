import { ConfigError } from "../errors.ts";
import { parseBytes } from "../units.ts";

/** Bytes a second by the time of the week; undefined: no limit. */
export interface RateTimetable {
  /** In the order of the week, each from its minute on (0: Monday, 00:00) until the next one. At least one. */
  readonly changes: readonly { readonly minute: number; readonly bytesPerSecond: number | undefined }[];
}

export const RATE =
  "a rate such as 10M (bytes per second), or a timetable such as 08:00,1M 18:00,off Mon-Fri";

const DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const DAY_MINUTES = 1_440;
const WEEK_MINUTES = 7 * DAY_MINUTES;

/**
 * `10M`, `512k`, `off`; or times of the day with rates, in the time zone of the machine: `08:00,1M 18:00,off`. Days behind
 * times hold for those before them (`08:00,1M 18:00,off Mon-Fri 10:00,5M Sat,Sun`), a day in front of a time for that one
 * (`Mon-08:00,1M`). A rate holds until the next one, also over days that are not named.
 * @returns undefined where there is no limit at any time
 * @throws ConfigError
 */
export function parseTimetable(text: string): RateTimetable | undefined {
  const words = text.trim().split(/\s+/);
  const [only = ""] = words;
  if (words.length === 1 && !only.includes(",")) return fromStart(rateOf(only, text));
  const changes: { minute: number; bytesPerSecond: number | undefined }[] = [];
  let group: { readonly day: number | undefined; readonly at: number; readonly rate: number | undefined }[] =
    [];
  const close = (days: readonly number[]) => {
    for (const { day, at, rate } of group)
      for (const one of day === undefined ? days : [day])
        changes.push({ minute: one * DAY_MINUTES + at, bytesPerSecond: rate });
    group = [];
  };
  for (const word of words) {
    const days = daysOf(word);
    if (days === undefined) group.push(changeOf(word, text));
    else if (group.length === 0) throw faulty(text, `${word} has no times before it`);
    else close(days);
  }
  close(DAYS.map((_, day) => day));
  changes.sort((one, two) => one.minute - two.minute);
  const twice = changes.find(({ minute }, index) => changes[index + 1]?.minute === minute);
  if (twice !== undefined) throw faulty(text, "two rates begin at the same time");
  return changes.every(({ bytesPerSecond }) => bytesPerSecond === undefined) ? undefined : { changes };
}

function fromStart(bytesPerSecond: number | undefined): RateTimetable | undefined {
  return bytesPerSecond === undefined ? undefined : { changes: [{ minute: 0, bytesPerSecond }] };
}

function changeOf(word: string, text: string) {
  const [, day, hour = "", minute = "", rate = ""] =
    /^(?:([a-z]{3})-)?(\d{1,2}):(\d{2}),(\S+)$/i.exec(word) ?? [];
  const index = day === undefined ? undefined : DAYS.indexOf(day.toLowerCase());
  if (rate === "" || index === -1 || Number(hour) > 23 || Number(minute) > 59)
    throw faulty(text, `"${word}" is not a time with a rate`);
  return { day: index, at: Number(hour) * 60 + Number(minute), rate: rateOf(rate, text) };
}

/** `Mon-Fri`, `Sat,Sun`, `Fri-Mon`; undefined for a word that is no days. */
function daysOf(word: string): readonly number[] | undefined {
  if (!/^[a-z]{3}([-,][a-z]{3})*$/i.test(word)) return undefined;
  const days = word
    .toLowerCase()
    .split(",")
    .flatMap((part) => {
      const [from = "", to = from, ...more] = part.split("-");
      const [first, last] = [DAYS.indexOf(from), DAYS.indexOf(to)];
      if (first < 0 || last < 0 || more.length > 0) return [-1];
      const count = ((last - first + DAYS.length) % DAYS.length) + 1;
      return Array.from({ length: count }, (_, index) => (first + index) % DAYS.length);
    });
  return days.includes(-1) ? undefined : [...new Set(days)];
}

/** @returns undefined for `off` */
function rateOf(word: string, text: string): number | undefined {
  if (word.toLowerCase() === "off" || word === "0") return undefined;
  try {
    const bytesPerSecond = parseBytes(word);
    if (bytesPerSecond >= 1) return bytesPerSecond;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
  }
  throw faulty(text, word === text ? "is not a rate" : `"${word}" is not a rate`);
}

function faulty(text: string, because: string): ConfigError {
  return new ConfigError(`"${text}"${because.startsWith("is ") ? " " : ": "}${because}; expected ${RATE}`);
}

/**
 * The rate at a time of the week.
 * @param minute since Monday, 00:00, from 0 to less than 10080
 * @returns bytes a second; undefined: no limit
 */
export function rateAt({ changes }: RateTimetable, minute: number): number | undefined {
  const last = changes.findLast((one) => one.minute <= minute) ?? changes.at(-1);
  return last?.bytesPerSecond;
}

/** The minute of the week, in the time zone of the machine. @param nowMs milliseconds since 1970 */
export function minuteOfWeek(nowMs: number): number {
  const now = new Date(nowMs);
  const day = (now.getDay() + 6) % 7;
  return (day * DAY_MINUTES + now.getHours() * 60 + now.getMinutes()) % WEEK_MINUTES;
}
