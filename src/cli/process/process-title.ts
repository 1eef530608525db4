/** Takes passwords in URLs out of what others see of this process (`ps`, /proc/PID/cmdline). */
export function hidePasswords(args: readonly string[]): void {
  const shown = args.map(withoutPasswords);
  if (shown.some((one, index) => one !== args[index])) process.title = ["fxpd", ...shown].join(" ");
}

/** Wherever in an argument there is a URL; a password may hold anything, and ends at the last `@`. */
export function withoutPasswords(text: string): string {
  return text.replace(/([a-z][a-z0-9+.-]*:\/\/[^/:@]*):.*@/gis, "$1@");
}
