/** Which of the two sides of a transfer. */
export type Role = "source" | "target";

export const other = (role: Role): Role => (role === "source" ? "target" : "source");
