import { z } from "zod";
import { matchesName } from "../../shared/name-pattern.ts";
import { named } from "../views/schemas.ts";
import { admit, route } from "../route.ts";
import { viewsOf } from "../views/standing.ts";
import { TunasyncMirror, tunasyncView } from "../views/tunasync-view.ts";
import { maySeeJob } from "../access/visible.ts";

const TunasyncList = named("TunasyncList", z.array(TunasyncMirror));

export const tunasync = route({
  id: "getTunasync",
  method: "get",
  path: "/tunasync.json",
  role: "anybody",
  summary:
    "Status of all jobs that the caller may see, in the format of tunasync that mirror sites' pages read; without a token, of the jobs that api.publicJobs names",
  answer: TunasyncList,
  problems: [401],
  handle: async (deps, { http }) => {
    const { installation, publicJobs } = deps;
    const isPublic = publicJobs.length > 0 && http.req.header("authorization") === undefined;
    const caller = isPublic ? undefined : await admit(http, deps, { role: "read" });
    const { definitions } = await deps.definitions.all();
    const seen = definitions.filter((one) =>
      caller === undefined ? matchesName(publicJobs, one.name) : maySeeJob(caller, one),
    );
    const [jobs, open, histories] = await Promise.all([
      viewsOf(seen, installation),
      installation.store.unfinished(),
      installation.history.runsOfAll(
        seen.map(({ name }) => name),
        1,
      ),
    ]);
    return jobs.map((job) => {
      const run = open.find(({ order }) => order.job === job.name);
      return tunasyncView(job, run, histories.get(job.name)?.[0]);
    });
  },
});
