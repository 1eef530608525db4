/** What changes while a mirror runs, beside what is counted. */
export class MirrorProgress {
  /** Targets that were written, as their events call them. */
  readonly arrived = new Set<string>();
  #confined = 0;
  #untried = 0;

  /** Failures that say nothing of any other path. */
  get confined(): number {
    return this.#confined;
  }

  /** Files that nobody came to, since nothing went on. */
  get untried(): number {
    return this.#untried;
  }

  addConfined(): void {
    this.#confined += 1;
  }

  addUntried(files: number): void {
    this.#untried += files;
  }
}
