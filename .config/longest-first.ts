import { BaseSequencer, type TestSpecification } from "vitest/node";

/** A process goes on only with files of its own project. Those with the shorter files come last. */
const PROJECTS = ["property", "unit", "e2e", "contract"];

/** Those that take longest of test/contract and test/e2e, the longest first. */
export const LONGEST = [
  "e2e/daemon",
  "e2e/survive/surroundings",
  "e2e/demo",
  "e2e/daemon-lost",
  "e2e/dashboard",
  "e2e/daemon-outage",
  "e2e/daemon-slots",
  "e2e/survive/servers",
  "e2e/completion",
  "e2e/mirror-killed",
  "e2e/killed",
  "e2e/survive/local-files",
  "contract/mirror-pairs",
  "contract/meetings",
  "contract/zoo",
  "contract/third-party",
  "contract/killed",
  "contract/doctor",
  "contract/strangers",
  "contract/import-lftp",
  "contract/mirror-denied",
  "contract/endless-trees",
  "contract/mirror-lies",
  "contract/mirror-again",
  "contract/mirror-targets",
  "contract/restore",
  "contract/segments-resume",
  "contract/console-compared",
  "contract/cut-listings",
  "contract/run-counts",
  "contract/attributes",
  "contract/turns",
  "contract/console-proxy",
  "contract/status-scans",
  "contract/agreement",
  "contract/run-counts-slices",
  "contract/tls-methods",
  "contract/resume",
  "contract/segments-auto-direct",
  "contract/start",
  "contract/mirror-index",
  "contract/console-names",
];

/** What takes long begins first, so that nothing runs alone at the end. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const orderOf = ({ project }: TestSpecification) => project.config.sequence.groupOrder;
    const placeOf = ({ project }: TestSpecification) => PROJECTS.indexOf(project.name);
    const sorted = await super.sort(files);
    return sorted.toSorted(
      (one, two) => orderOf(one) - orderOf(two) || placeOf(one) - placeOf(two) || rankOf(one) - rankOf(two),
    );
  }
}

function rankOf({ moduleId }: TestSpecification): number {
  const rank = LONGEST.findIndex((name) => moduleId.endsWith(`/test/${name}.test.ts`));
  return rank === -1 ? LONGEST.length : rank;
}
