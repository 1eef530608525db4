import type { KeyNames } from "../names.ts";
import type { RedisClient } from "../client.ts";
import { findRow, readRow } from "../rows.ts";
import { LuaScript } from "../script.ts";
import { FileTranscript } from "../../runs/transcript.ts";
import { hexDigest } from "../../../shared/hex-digest.ts";

/** Letters of all conversations of one run that are kept: of files that failed, and where all were asked for. */
const MOST = 64_000;
const MOST_OF_ALL = 1_000_000;

/**
 * KEYS: run, its conversations. ARGV: a conversation, most letters, a field of the run that says that it has this one,
 * or nothing. Returns 1 where it was added. A run that is forgotten has none.
 */
const ADD = new LuaScript(`
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
local had = tonumber(redis.call('HGET', KEYS[1], 'transcribed') or '0')
if had + #ARGV[1] > tonumber(ARGV[2]) then
  redis.call('HINCRBY', KEYS[1], 'untranscribed', 1)
  return 0
end
if ARGV[3] ~= '' and redis.call('HSETNX', KEYS[1], ARGV[3], 1) == 0 then return 0 end
redis.call('HINCRBY', KEYS[1], 'transcribed', #ARGV[1])
redis.call('RPUSH', KEYS[2], ARGV[1])
return 1
`);

/** Transcripts of commands and replies in runs, while files were copied. */
export class TranscriptStore {
  readonly #redis: RedisClient;
  readonly #names: KeyNames;

  constructor(redis: RedisClient, names: KeyNames) {
    this.#redis = redis;
    this.#names = names;
  }

  /**
   * @param isForAll whether the run keeps conversations of all its files, of which there may then be more
   * @param once of all that are added with the same text, the first is kept
   */
  async add(run: string, transcript: FileTranscript, isForAll: boolean, once?: string): Promise<void> {
    const keys = [this.#names.run(run), this.#names.transcripts(run)];
    const field = once === undefined ? "" : `conversation ${hexDigest(once, 16)}`;
    await ADD.run(this.#redis, keys, [JSON.stringify(transcript), isForAll ? MOST_OF_ALL : MOST, field]);
  }

  /** The earliest first, and how many were not kept since there was no room for them. */
  async of(run: string): Promise<{ readonly files: readonly FileTranscript[]; readonly leftOut: number }> {
    const [key, record] = [this.#names.transcripts(run), this.#names.run(run)];
    const texts = await findRow(this.#redis, key, this.#redis.lrange(key, 0, -1), []);
    const leftOut = Number(
      (await findRow(this.#redis, record, this.#redis.hget(record, "untranscribed"), null)) ?? 0,
    );
    const files = texts.flatMap((text) => readRow(this.#redis, key, text, FileTranscript) ?? []);
    return { files, leftOut: Number.isSafeInteger(leftOut) ? leftOut : 0 };
  }
}
