// Loaded before the program: measures how long it keeps its event loop, and writes it down at the end of the process and
// whenever SIGUSR2 comes, which also begins a new measurement.
import { writeFileSync } from "node:fs";
import { createHistogram } from "node:perf_hooks";
import { isMainThread } from "node:worker_threads";

const file = process.env["LOOP_DELAY_FILE"];
const EVERY_MS = 10;

if (file !== undefined && isMainThread) {
  const delay = createHistogram();
  let [beforeMs, before] = [performance.now(), process.cpuUsage()];
  setInterval(() => {
    const [nowMs, used] = [performance.now(), process.cpuUsage(before)];
    // What the machine has given to others meanwhile is no delay of this program.
    const lateMs = Math.min(nowMs - beforeMs - EVERY_MS, (used.user + used.system) / 1_000);
    delay.record(Math.max(1, Math.round(lateMs * 1e6)));
    [beforeMs, before] = [nowMs, process.cpuUsage()];
  }, EVERY_MS).unref();
  const note = () => {
    const [p999, max] = [delay.percentile(99.9), delay.max].map((nanoseconds) => nanoseconds / 1e6);
    writeFileSync(file, JSON.stringify({ p999, max, samples: delay.count }));
    delay.reset();
  };
  process.on("SIGUSR2", note);
  process.on("exit", note);
}
