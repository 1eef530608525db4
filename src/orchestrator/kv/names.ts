/**
 * The names of what is kept in Redis. All begin with one tag in braces, so that a cluster keeps them on one node
 * and a script may take several.
 */
export class KeyNames {
  /** What queues are kept under, too. */
  readonly prefix: string;

  /** @param name of the installation: letters, digits and hyphens */
  constructor(name: string) {
    this.prefix = `{${name}}`;
  }

  /** HASH: all that is known of a run. */
  run(id: string): string {
    return `${this.prefix}:run:${id}`;
  }

  /** STREAM: what happened in a run, the last of it. */
  log(id: string): string {
    return `${this.prefix}:run:${id}:log`;
  }

  /** STRING: until when all that a rate has is taken, in milliseconds since 1970; it expires. */
  rate(digest: string): string {
    return `${this.prefix}:rate:${digest}`;
  }

  /** LIST: files that failed, packed. */
  failed(id: string): string {
    return `${this.prefix}:run:${id}:failed`;
  }

  /** HASH: file of a run that is being copied → how far; it expires. */
  inFlight(id: string): string {
    return `${this.prefix}:run:${id}:in-flight`;
  }

  /** HASH: reason why files of a run failed → how many. */
  causes(id: string): string {
    return `${this.prefix}:run:${id}:causes`;
  }

  /** HASH: slice of a run → what of it has failed, by reason, until the run has ended. */
  failing(id: string): string {
    return `${this.prefix}:run:${id}:failing`;
  }

  /** LIST: notes of a run, each of which is logged once. */
  notes(id: string): string {
    return `${this.prefix}:run:${id}:notes`;
  }

  /** HASH: hooks of a run that were begun, and what is known of those that failed. */
  hooks(id: string): string {
    return `${this.prefix}:run:${id}:hooks`;
  }

  /** HASH: worker → bytes of a run's files that it has in flight, where the run has a limit. */
  room(id: string): string {
    return `${this.prefix}:run:${id}:room`;
  }

  /** HASH: key of a file → how a run has left it, whose source it then deleted, renamed or moved. */
  left(id: string): string {
    return `${this.prefix}:run:${id}:left`;
  }

  /** LIST: transcripts of commands and replies while files were copied. */
  transcripts(id: string): string {
    return `${this.prefix}:run:${id}:transcripts`;
  }

  /** LIST: the last runs of a job, each in a few numbers; kept longer than their records. */
  history(job: string): string {
    return `${this.prefix}:job:${job}:history`;
  }

  /** HASH: day since 1970 → sums of a job's runs that ended then. */
  days(job: string): string {
    return `${this.prefix}:job:${job}:days`;
  }

  /** HASH: link, by a digest → its source, its target, and when files last went there. */
  get links(): string {
    return `${this.prefix}:links`;
  }

  /** HASH: what went over a link within an hour; it expires. @param hour since 1970 */
  link(digest: string, hour: number): string {
    return `${this.prefix}:link:${digest}:${hour}`;
  }

  /** STRING: the last examination of a link; it expires. */
  examination(digest: string): string {
    return `${this.prefix}:examination:${digest}`;
  }

  /** ZSET: links, by a digest, and when their last examination was last written. */
  get examined(): string {
    return `${this.prefix}:examined`;
  }

  /** HASH: slice → what came of it. */
  results(id: string, generation: number): string {
    return `${this.prefix}:run:${id}:results:${generation}`;
  }

  /** HASH: file of one slice, by its place in it → how it was done. */
  done(id: string, slice: string): string {
    return `${this.prefix}:run:${id}:done:${slice}`;
  }

  /** HASH: target → what a copy has finished there, in case it is begun anew. */
  finished(id: string): string {
    return `${this.prefix}:run:${id}:finished`;
  }

  /**
   * HASH: file that a run has stored → how, and how many bytes; further ones are in hashes whose names continue
   * this one.
   */
  stored(id: string): string {
    return `${this.prefix}:run:${id}:stored`;
  }

  /** HASH: slice of a run → its files, from when they are decided to be copied until the slice has a result. */
  sent(id: string): string {
    return `${this.prefix}:run:${id}:sent`;
  }

  /** STRING: the run that was asked for with a key, by the key's digest; it expires. */
  submission(digest: string): string {
    return `${this.prefix}:submission:${digest}`;
  }

  /** ZSET: run → when it was asked for. */
  get runs(): string {
    return `${this.prefix}:runs`;
  }

  /** ZSET: run that has not ended → when it was asked for. */
  get open(): string {
    return `${this.prefix}:open`;
  }

  /** ZSET: run that has ended → when. Every run is in this one or in {@link open}. */
  get ended(): string {
    return `${this.prefix}:ended`;
  }

  /** ZSET: job → how many records of its ended runs there are. */
  get kept(): string {
    return `${this.prefix}:kept`;
  }

  /** ZSET: run of one job → when it was asked for. */
  runsOf(job: string): string {
    return `${this.prefix}:job:${job}:runs`;
  }

  /** ZSET: run of one job that has not ended → when it was asked for. */
  openOf(job: string): string {
    return `${this.prefix}:job:${job}:open`;
  }

  /** ZSET: run that waits until this one has ended → when it was asked for. */
  waiters(id: string): string {
    return `${this.prefix}:run:${id}:waiters`;
  }

  /** STRING: the place in the queue of the slice that was taken last; it expires. */
  get turn(): string {
    return `${this.prefix}:turn`;
  }

  /** HASH: what is known of a job: until when its due times have been handled, whether it is paused, its last runs. */
  job(name: string): string {
    return `${this.prefix}:job:${name}`;
  }

  /** HASH: who writes a target, and what was begun there. */
  target(key: string): string {
    return `${this.prefix}:target:${key}`;
  }

  /** STRING: a value that is worth knowing again. */
  memory(key: string): string {
    return `${this.prefix}:memory:${key}`;
  }

  /** STRING: a worker that lives; it expires. */
  worker(id: string): string {
    return `${this.prefix}:worker:${id}`;
  }

  /** SET: workers that have given a sign of life; those whose own key is gone live no more. */
  get workers(): string {
    return `${this.prefix}:workers`;
  }

  /** HASH: why nothing is done with a host, and until when. */
  host(key: string): string {
    return `${this.prefix}:host:${key}`;
  }

  /** ZSET: run that has ended and may still have to be announced → when. The key has the name that earlier versions wrote. */
  get unannounced(): string {
    return `${this.prefix}:untold`;
  }

  /** STRING: that an event is announced; it expires. The key has the name that earlier versions wrote. */
  announced(notice: string): string {
    return `${this.prefix}:told:${notice}`;
  }

  /** HASH: notice → what it says, until it is sent. */
  outbox(channel: string): string {
    return `${this.prefix}:outbox:${channel}`;
  }

  /** HASH: when what is in an outbox is to be sent, and how often that was tried. */
  sending(channel: string): string {
    return `${this.prefix}:outbox:${channel}:sending`;
  }

  /** STRING: the process that sends from an outbox now; it expires. */
  sender(channel: string): string {
    return `${this.prefix}:outbox:${channel}:sender`;
  }

  /** ZSET: due time of a job that is to give no run → itself. */
  skipped(job: string): string {
    return `${this.prefix}:job:${job}:skipped`;
  }

  /** HASH: since when a job is watched, and up to when its late runs were reported. */
  alarms(job: string): string {
    return `${this.prefix}:job:${job}:alarms`;
  }

  /** HASH: what a watched directory was seen to hold, and when something last came. */
  watch(job: string): string {
    return `${this.prefix}:job:${job}:watch`;
  }

  /** STRING: that somebody looks at a watched directory; it expires. */
  looking(job: string): string {
    return `${this.prefix}:job:${job}:looking`;
  }

  /** CHANNEL: what is wanted of a run, and that something came of one. */
  get requestedStates(): string {
    return `${this.prefix}:wishes`;
  }

  get news(): string {
    return `${this.prefix}:news`;
  }

  /** STRING: when configuration was last reloaded, and whether it was valid. */
  get reloaded(): string {
    return `${this.prefix}:reloaded`;
  }

  /** CHANNEL: that schedulers are to read the configuration anew. */
  get reload(): string {
    return `${this.prefix}:reload`;
  }

  /** HASH: how long files and runs took, why files failed, and what servers replied, in classes. */
  get measures(): string {
    return `${this.prefix}:measures`;
  }

  /** HASH: what was counted of all runs together, and how many ended with which outcome. */
  get totals(): string {
    return `${this.prefix}:totals`;
  }
}
