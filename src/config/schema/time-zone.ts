import { isZone } from "../../shared/time-zone.ts";
import { suggestion } from "../load/nearest.ts";
import { text } from "./fields.ts";

/** A zone of the IANA database. */
export const TimeZone = text("the name of a time zone such as Europe/Berlin").superRefine((name, context) => {
  if (isZone(name)) return;
  const near = suggestion(name, Intl.supportedValuesOf("timeZone"));
  context.addIssue({ code: "custom", message: `unknown time zone ${name}${near}` });
});
