import type { FoundExamination } from "../../orchestrator/history/examinations.ts";
import type { Evidence } from "../../transfer/evidence/evidence.ts";
import { isoTime } from "../../shared/iso-time.ts";
import type { LinkExaminationView, RememberedView } from "./link-schemas.ts";

export function rememberedView(of: string, { about, is, because, atMs, untilMs }: Evidence): RememberedView {
  return {
    ...{ of, about, is },
    ...(because === null ? {} : { because }),
    ...(atMs === null ? {} : { since: isoTime(atMs) }),
    ...(untilMs === null ? {} : { until: isoTime(untilMs) }),
  };
}

export function examinationView(found: FoundExamination): LinkExaminationView {
  const { source, target, by, startedMs, seenMs, software, tried, verdict, isLost } = found;
  const common = {
    ...{ source, target, by, startedAt: isoTime(startedMs), tried },
    ...(software === undefined ? {} : { software: { source: software[0], target: software[1] } }),
  };
  if (verdict === undefined)
    return { ...common, state: isLost ? "lost" : "running", works: [], advice: [], left: [] };
  return { ...common, state: "ended", endedAt: isoTime(seenMs), ...verdict };
}
