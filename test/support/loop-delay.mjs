// Loaded before the program: measures how late the event loop is, and writes it down at the end of the process and
// whenever SIGUSR2 comes, which also begins a new measurement.
import { writeFileSync } from "node:fs";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { isMainThread } from "node:worker_threads";

const file = process.env["LOOP_DELAY_FILE"];
if (file !== undefined && isMainThread) {
  const delay = monitorEventLoopDelay({ resolution: 10 });
  delay.enable();
  const note = () => {
    const [p999, max] = [delay.percentile(99.9), delay.max].map((nanoseconds) => nanoseconds / 1e6);
    writeFileSync(file, JSON.stringify({ p999, max, samples: delay.count }));
    delay.reset();
  };
  process.on("SIGUSR2", note);
  process.on("exit", note);
}
