import { z } from "zod";
import { at, named } from "./schemas.ts";

// What is known of a link beside what went over it.

const Remembered = z.object({
  of: z.string().describe("The host that this concerns, or `route` for both hosts in this direction"),
  about: z.string().describe("Name of a method, or of a peculiarity of the server"),
  is: z.string().describe("The finding, such as works, refused, yes or no"),
  because: z.string().optional().describe("The evidence: the server's reply, or what was observed"),
  since: at("When it was seen").optional(),
  until: at("When it is forgotten, unless it is seen again").optional(),
});
export type RememberedView = z.infer<typeof Remembered>;

export const RememberedOfLink = named(
  "RememberedOfLink",
  z.object({
    source: z.string(),
    target: z.string(),
    remembered: z.array(Remembered).describe("What the daemon knows when it starts a transfer"),
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
      .describe("lost: its process ended before the examination was complete"),
    by: z.string().describe("Who requested it"),
    startedAt: at("When it began"),
    endedAt: at("When it ended").optional(),
    software: z.object({ source: z.string(), target: z.string() }).optional(),
    tried: z.array(Tried).describe("Methods of third-party transfers, in the order in which they were tried"),
    outcome: z.enum(["succeeded", "failed", "cancelled"]).optional(),
    works: z.array(z.string()).describe("Methods that work, best first"),
    advice: z.array(z.string()).describe("Which setting to change on which server"),
    left: z.array(z.string()).describe("Test files that could not be removed"),
    because: z.string().optional().describe("Why some methods were not tried"),
  }),
);
export type LinkExaminationView = z.infer<typeof LinkExaminationView>;

export const ExaminationOrder = named(
  "ExaminationOrder",
  z.strictObject({
    source: z.string().describe("Source host"),
    target: z.string().describe("Target host"),
  }),
);
