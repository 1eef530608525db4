/** Takes passwords in URLs out of what others see of this process (`ps`). */
export function hidePasswords(args: readonly string[]): void {
  const shown = args.map(withoutPassword);
  if (shown.some((one, index) => one !== args[index])) process.title = ["fxpd", ...shown].join(" ");
}

function withoutPassword(text: string): string {
  return text.replace(/^(ftp(?:es|s)?:\/\/[^/:]*):.*@/i, "$1@");
}
