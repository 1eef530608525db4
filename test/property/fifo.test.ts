import fc from "fast-check";
import { expect, test } from "vitest";
import { Fifo } from "../../src/shared/fifo.ts";

test("gives what waits in order, as an array does that is shifted", () => {
  const step = fc.oneof(
    { weight: 4, arbitrary: fc.constant("push" as const) },
    { weight: 5, arbitrary: fc.constant("take" as const) },
    fc.nat().map((at) => ({ at })),
  );
  const bulk = fc.constantFrom(0, 10, 3_000);
  fc.assert(
    fc.property(bulk, fc.array(step, { maxLength: 100 }), fc.boolean(), (before, steps, isEmptied) => {
      const [fifo, model] = [new Fifo<number>(), [] as number[]];
      for (let index = 0; index < before; index += 1) {
        fifo.push(-index);
        model.push(-index);
      }
      if (isEmptied) for (let left = before - 5; left > 0; left -= 1) expect(fifo.take()).toBe(model.shift());
      for (const [value, one] of steps.entries()) {
        if (one === "take") expect(fifo.take()).toBe(model.shift());
        else if (one === "push") {
          fifo.push(value);
          model.push(value);
        } else {
          const index = one.at % (model.length + 1);
          fifo.insert(index, value);
          model.splice(index, 0, value);
        }
        expect([fifo.length, fifo.first, fifo.at(1)]).toEqual([model.length, model[0], model[1]]);
      }
      expect(fifo.drain()).toEqual(model);
      expect(fifo.length).toBe(0);
    }),
    { numRuns: 60 },
  );
});
