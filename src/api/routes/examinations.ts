import { z } from "zod";
import { text } from "../../config/schema/fields.ts";
import type { HostLink } from "../../orchestrator/history/links.ts";
import { keysOfHost, rememberedIn } from "../../transfer/evidence/remembered.ts";
import { routeKey } from "../../transfer/move/third-party/route.ts";
import type { ApiDeps } from "../deps.ts";
import { keyOfNamedHost } from "../hosts.ts";
import { readAs, Refusal } from "../problem.ts";
import { route } from "../route.ts";
import { ExaminationOrder, LinkExaminationView, RememberedOfLink } from "../views/link-schemas.ts";
import { examinationView, rememberedView } from "../views/link-views.ts";

const Ends = z.strictObject({
  source: text("the name of a host").describe("Source host"),
  target: text("the name of a host").describe("Target host"),
});

export const rememberedOfLink = route({
  id: "getLinkMemory",
  method: "get",
  path: "/api/v1/links/remembered",
  role: "read",
  isOfAll: true,
  summary: "What the daemon has learned about two hosts and about transfers from one to the other",
  query: Ends,
  answer: RememberedOfLink,
  problems: [404],
  handle: async (deps, { query: link }) => {
    const { installation } = deps;
    const [source, target] = await accountsOf(link, deps);
    const [memory, nowMs] = [installation.kv.memory(), installation.clock.now()];
    const about = [
      ["route", [routeKey(source, target)]],
      [link.source, keysOfHost(source)],
      [link.target, keysOfHost(target)],
    ] as const;
    const remembered = [];
    for (const [of, keys] of about)
      for (const key of keys) {
        const evidence = rememberedIn(key, await memory.recall(key), nowMs)?.evidence ?? [];
        remembered.push(...evidence.map((one) => rememberedView(of, one)));
      }
    return { ...link, remembered };
  },
});

export const examineLink = route({
  id: "examineLink",
  method: "post",
  path: "/api/v1/links/examination",
  role: "operate",
  isOfAll: true,
  summary:
    "Try every way in which two hosts may move a file between themselves, as fxpd doctor does; small files are stored and removed again",
  body: ExaminationOrder,
  answer: LinkExaminationView,
  status: 202,
  problems: [404, 409],
  handle: async (deps, { http, caller, body }) => {
    const link = readAs("body", body, ExaminationOrder);
    http.set("affected", { link: `${link.source} → ${link.target}` });
    await accountsOf(link, deps);
    const begun = await deps.examiner.begin(link, caller.name);
    return examinationView({ ...begun, isLost: false });
  },
});

export const getExamination = route({
  id: "getLinkExamination",
  method: "get",
  path: "/api/v1/links/examination",
  role: "read",
  isOfAll: true,
  summary: "The last examination of transfer methods between two hosts, with its progress if it is running",
  query: Ends,
  answer: LinkExaminationView,
  problems: [404],
  handle: async (deps, { query: link }) => {
    const { kv } = deps.installation;
    await accountsOf(link, deps);
    const found = await kv.examinations.of(link);
    if (found === undefined) throw new Refusal(404, `${link.source} → ${link.target} has not been examined`);
    return examinationView(found);
  },
});

/** The accounts of both ends. @throws Refusal (404) for what is no host of config/hosts */
async function accountsOf(
  { source, target }: HostLink,
  { directories }: Pick<ApiDeps, "directories">,
): Promise<readonly [string, string]> {
  const accounts = [];
  for (const name of [source, target]) {
    const key = await keyOfNamedHost(name, directories);
    if (key === undefined) throw new Refusal(404, `unknown host ${name}`);
    accounts.push(key);
  }
  return accounts as [string, string];
}
