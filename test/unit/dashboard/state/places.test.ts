import { expect, test } from "vitest";
import { Places } from "../../../../src/dashboard/state/places.ts";

/** A tab's history: pages that are opened, and gone back to. */
class Tab {
  readonly entries: unknown[] = [null];
  at = 0;

  get state(): unknown {
    return this.entries[this.at];
  }

  replaceState(state: unknown): void {
    this.entries[this.at] = state;
  }

  open(): void {
    this.entries.splice(this.at + 1, Infinity, null);
    this.at += 1;
  }
}

test("a new page begins at its top, and one that is gone back to where it was left", () => {
  const tab = new Tab();
  const places = new Places(tab, 1);
  places.arrived();
  places.scrolled(900);
  tab.open();
  expect(places.arrived()).toBe(0);
  places.scrolled(50);
  tab.at = 0;
  expect(places.arrived()).toBe(900);
  tab.at = 1;
  expect(places.arrived()).toBe(50);
  tab.open();
  expect(places.arrived()).toBe(0);
});

test("pages of a tab that has been loaded anew are not taken for others", () => {
  const tab = new Tab();
  new Places(tab, 1).arrived();
  const places = new Places(tab, 100);
  places.scrolled(300);
  tab.open();
  expect(places.arrived()).toBe(0);
  tab.at = 0;
  expect(places.arrived()).toBe(300);
});
