import { expect, test } from "vitest";
import { faults, refused } from "../../support/memory-faults.ts";
import { directory, file, link } from "../../support/memory-tree.ts";
import { PlanScene } from "../../support/plan-scene.ts";

const both = { elsewhere: directory({}), g: file("g") };

test("a plan puts nothing where a link leads that should have gone first", async () => {
  let isBusy = false;
  const fault = faults({ verb: "remove", path: "/d", fault: refused(450, "busy") });
  const target = directory({ ...both, d: link("elsewhere") });
  const source = directory({
    ...both,
    d: directory({ e: directory({ f: file("f") }), f: file("f"), l: link("f") }),
  });
  const scene = new PlanScene(source, target, {
    target: { fault: (operation) => (isBusy ? fault(operation) : undefined) },
  });
  const scan = { links: "copy" } as const;
  const plan = await scene.plan({ scan });
  isBusy = true;
  const { summary } = await scene.apply(plan, { scan });
  expect(scene.target.tree.snapshot()).toEqual(target);
  expect(summary).toMatchObject({ outcome: "failed", files: { copied: 0, deleted: 0 } });
  isBusy = false;
  const again = await scene.apply(plan, { scan });
  expect(again.summary).toMatchObject({ outcome: "succeeded" });
  expect(scene.target.tree.snapshot()).toEqual(source);
});
