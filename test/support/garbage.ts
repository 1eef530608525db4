import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** Lets the garbage collector run all the time, until it is disposed: as on a busy machine, at the worst moments. */
export function garbageCollected(): Disposable {
  const timer = setInterval(collect, 10);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
