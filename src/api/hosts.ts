import { join } from "node:path";
import type { Directories } from "../config/load/directories.ts";
import { definitionName, yamlFiles } from "../config/load/files.ts";
import { hostSettings } from "../config/load/load-host.ts";
import { accountKey } from "../ftp/settings.ts";
import { limitBy } from "../orchestrator/slots/learned.ts";
import { hostResource } from "../orchestrator/slots/demand.ts";
import { messageOf } from "../shared/errors.ts";
import type { ApiDeps } from "./deps.ts";
import type { HostView } from "./views/schemas.ts";
import { isoOf } from "./views/views.ts";

/** All hosts that have a file, and how they are used; who logs in there is nobody's business. */
export async function hostViews({
  installation: { kv, clock },
  directories,
}: Pick<ApiDeps, "installation" | "directories">): Promise<readonly HostView[]> {
  const [held, lessons, waiting] = await Promise.all([kv.slotsInUse(), kv.lessons(), kv.waitingFor()]);
  const files = await yamlFiles(join(directories.config, "hosts"));
  return Promise.all(
    files.map(async (file): Promise<HostView> => {
      const name = definitionName(file);
      const host = await known(name, directories);
      if ("fault" in host) return { name, fault: host.fault };
      const pause = await kv.breaker.waitFor([host.key], clock.now());
      const resource = hostResource(host.key);
      const lesson = lessons.get(resource);
      const learned = lesson && limitBy(lesson, host.limit, clock.now());
      const slots = {
        inUse: held.get(resource) ?? 0,
        limit: host.limit,
        waiting: [...(waiting.get(resource) ?? [])]
          .map(([job, demands]) => ({ job, demands }))
          .sort((one, two) => two.demands - one.demands),
        ...(lesson === undefined || learned === undefined
          ? {}
          : { learned: { limit: learned, at: isoOf(lesson.atMs) } }),
      };
      const { address, port } = host;
      if (pause === undefined) return { name, address, port, slots };
      const { untilMs, because, times } = pause;
      return { name, address, port, slots, paused: { until: isoOf(untilMs), because, times } };
    }),
  );
}

async function known(host: string, directories: Directories) {
  try {
    const settings = await hostSettings({ kind: "host", host, path: "" }, directories, {});
    const { address, port, limits } = settings;
    return { key: accountKey(settings), address, port, limit: limits.connections };
  } catch (error) {
    return { fault: messageOf(error) };
  }
}

/** By what its pauses are known; undefined where it has no file, or a wrong one. */
export async function keyOfNamedHost(
  name: string,
  directories: ApiDeps["directories"],
): Promise<string | undefined> {
  const files = await yamlFiles(join(directories.config, "hosts"));
  if (!files.some((file) => definitionName(file) === name)) return undefined;
  const host = await known(name, directories);
  return "key" in host ? host.key : undefined;
}
