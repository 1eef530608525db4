import { createHash } from "node:crypto";
import { distinctInUtf8 } from "../../../../shared/octets.ts";
import type { HookMarks } from "../../../../wiring/hooks/marks.ts";
import type { RedisClient } from "../../client.ts";
import type { KeyNames } from "../../names.ts";

/** For how long it is remembered which hooks of a run were begun. */
const KEPT_SECONDS = 7 * 86_400;

/** Fields that are no digest. */
const COUNT = "failed";
const FIRST = "because";

/** Which hooks of a run were begun, by any worker and before any crash. */
export function hookMarks(redis: RedisClient, names: KeyNames, run: string): HookMarks {
  const key = names.hooks(run);
  return {
    async begin(what) {
      const field = createHash("sha256").update(distinctInUtf8(what)).digest("base64url").slice(0, 16);
      const isNew = await redis.hsetnx(key, field, "1");
      await redis.expire(key, KEPT_SECONDS);
      return isNew === 1;
    },
    async failed(because) {
      await Promise.all([redis.hincrby(key, COUNT, 1), redis.hsetnx(key, FIRST, because)]);
    },
    async failures() {
      const [count, because] = await redis.hmget(key, COUNT, FIRST);
      return { count: Number(count ?? 0), because: because ?? undefined };
    },
  };
}
