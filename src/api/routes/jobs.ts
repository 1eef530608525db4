import { route } from "../route.ts";
import { JobDetail, JobList, JobView } from "../schemas.ts";
import { jobViews, viewOfJob } from "../standing.ts";

export const listJobs = route({
  method: "get",
  path: "/api/v1/jobs",
  role: "read",
  summary: "All jobs, with when they are due next and how their last run ended",
  answer: JobList,
  handle: async (edges) => {
    const { faults } = await edges.definitions.all();
    return { jobs: [...(await jobViews(edges))], faults: [...faults] };
  },
});

export const getJob = route({
  method: "get",
  path: "/api/v1/jobs/{job}",
  role: "read",
  summary: "One job, with all that its file says",
  answer: JobDetail,
  problems: [404],
  handle: async ({ installation, definitions }, { params }) => {
    const definition = await definitions.named(params["job"] ?? "");
    return { ...(await viewOfJob(definition, installation)), document: definition.document };
  },
});

export const pauses = (["pause", "resume"] as const).map((what) =>
  route({
    method: "post",
    path: `/api/v1/jobs/{job}/${what}`,
    role: "operate",
    summary:
      what === "pause"
        ? "From now on its due times give no runs; one that goes on goes on"
        : "Its due times give runs again",
    answer: JobView,
    problems: [404],
    handle: async ({ installation, definitions }, { params }) => {
      const definition = await definitions.named(params["job"] ?? "");
      await installation.control.pauseJob(definition.name, what === "pause");
      return viewOfJob(definition, installation);
    },
  }),
);
