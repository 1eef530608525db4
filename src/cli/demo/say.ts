export function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** A command as a person would give it. */
export function type(command: string): void {
  say(`\n$ fxpd ${command}`);
}
