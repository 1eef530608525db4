import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Those that take longest of test/contract and test/e2e, the longest first. */
export const LONGEST = [
  "e2e/survive/surroundings",
  "e2e/daemon",
  "contract/meetings",
  "contract/run-counts",
  "e2e/survive/servers",
  "e2e/dashboard",
  "contract/doctor",
  "e2e/daemon-outage",
  "e2e/daemon-lost",
  "e2e/demo",
  "e2e/daemon-slots",
  "contract/third-party",
  "contract/zoo",
  "e2e/mirror-pairs",
  "contract/killed",
  "e2e/daemon-schedules",
  "e2e/mirror-killed",
  "contract/turns",
  "e2e/mirror-lies",
  "contract/cut-listings",
  "e2e/api",
  "contract/agreement",
  "e2e/daemon-source-after",
  "contract/segments-resume",
  "e2e/daemon-fair",
  "contract/strangers",
  "contract/console-compared",
  "e2e/mirror-again",
  "e2e/survive/local-files",
  "e2e/import-lftp",
  "e2e/daemon-busy-host",
  "e2e/alarms",
  "e2e/daemon-redis-faults",
];

/** What takes long begins first, so that nothing runs alone at the end. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const orderOf = ({ project }: TestSpecification) => project.config.sequence.groupOrder;
    const sorted = await super.sort(files);
    return sorted.toSorted((one, two) => orderOf(one) - orderOf(two) || rankOf(one) - rankOf(two));
  }
}

function rankOf({ moduleId }: TestSpecification): number {
  const rank = LONGEST.findIndex((name) => moduleId.endsWith(`/test/${name}.test.ts`));
  return rank === -1 ? LONGEST.length : rank;
}
