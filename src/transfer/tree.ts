/** The tree of those of whom it is not known where they write: all of it. */
export const EVERYWHERE = "";

/** Whether a target may lie in both of two trees; each is a place as {@link Side.locate} says. */
export function areOverlapping(one: string, two: string): boolean {
  return isWithin(one, two) || isWithin(two, one);
}

/** Whether a place is a tree's root, or lies below it. */
export function isWithin(place: string, tree: string): boolean {
  const root = tree.replace(/\/+$/, "");
  return root === EVERYWHERE || place === tree || place === root || place.startsWith(`${root}/`);
}
