import { z } from "zod";
import { at, named } from "./schemas.ts";

// What is known of a link beside what went over it.

const Remembered = z.object({
  of: z.string().describe("The host that it is about, or `route` for both in this direction"),
  about: z.string().describe("A method by name, or a way of the server"),
  is: z.string().describe("Such as works, refused, yes, no"),
  because: z.string().optional().describe("What was said or seen then"),
  since: at("When it was seen").optional(),
  until: at("When it is forgotten, unless it is seen again").optional(),
});
export type RememberedView = z.infer<typeof Remembered>;

export const RememberedOfLink = named(
  "RememberedOfLink",
  z.object({
    source: z.string(),
    target: z.string(),
    remembered: z.array(Remembered).describe("What transfers of the daemon begin with"),
  }),
);

const Tried = z.object({
  method: z.string(),
  outcome: z.enum(["works", "refused", "failed", "not-tried"]),
  because: z.string().optional(),
  seconds: z.number().nonnegative().optional(),
});

export const LinkExaminationView = named(
  "LinkExamination",
  z.object({
    source: z.string(),
    target: z.string(),
    state: z
      .enum(["running", "ended", "lost"])
      .describe("lost: the process that made it has ended before it was done"),
    by: z.string().describe("Who asked for it"),
    startedAt: at("When it began"),
    endedAt: at("When it ended").optional(),
    software: z.object({ source: z.string(), target: z.string() }).optional(),
    tried: z.array(Tried).describe("Methods of third-party transfers, in the order of trying"),
    outcome: z.enum(["succeeded", "failed", "cancelled"]).optional(),
    works: z.array(z.string()).describe("Methods that work, the likeliest first"),
    advice: z.array(z.string()).describe("What to set on which server"),
    left: z.array(z.string()).describe("Files that could not be removed again"),
    because: z.string().optional().describe("Why not everything was tried"),
  }),
);
export type LinkExaminationView = z.infer<typeof LinkExaminationView>;

export const ExaminationOrder = named(
  "ExaminationOrder",
  z.strictObject({
    source: z.string().describe("The host that files come from"),
    target: z.string().describe("The host that they go to"),
  }),
);
