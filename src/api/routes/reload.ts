import { Refusal } from "../problem.ts";
import { route } from "../route.ts";
import { Reloaded } from "../views/schemas.ts";

export const reload = route({
  id: "reload",
  isOfAll: true,
  method: "post",
  path: "/api/v1/reload",
  role: "operate",
  summary: "Make all schedulers reload config/ and jobs/; if a file is invalid, nothing changes",
  answer: Reloaded,
  status: 202,
  problems: [409, 422],
  handle: async ({ installation: { kv }, definitions }) => {
    const { definitions: all, faults } = await definitions.reread();
    if (faults.length > 0)
      throw new Refusal(
        422,
        `nothing was changed: ${faults[0]}`,
        faults.map((message) => ({ message })),
      );
    const schedulers = await kv.reloads.send();
    if (schedulers === 0) throw new Refusal(409, "no scheduler is running");
    return { jobs: all.length, schedulers };
  },
});
