import type { Page } from "playwright-core";
import { type Shot, WAIT } from "./album.ts";

/** A rate is shown once bytes were seen to move. */
export async function moves(page: Page): Promise<void> {
  await page
    .getByText(/[MK]iB\/s/)
    .first()
    .waitFor(WAIT);
}

async function openAll(page: Page): Promise<void> {
  const shut = page.locator("details:not([open]) > summary");
  // Others appear in what is opened.
  for (let times = 0; times < 10 && (await shut.count()) > 0; times += 1) {
    await shut.first().click();
    await page
      .getByText("Loading…")
      .first()
      .waitFor({ ...WAIT, state: "detached" });
  }
}

/** Every page, with something on it. @param runs ids, by what they show */
export function shotsOf(runs: Readonly<Record<string, string>>): readonly Shot[] {
  const run = (name: string) => `run/${runs[name]}`;
  return [
    { name: "overview", path: "", before: moves },
    { name: "run-moving", path: run("images"), before: moves },
    { name: "run-many-files", path: run("many-files") },
    { name: "run-failures", path: run("odd-names"), before: openAll },
    { name: "run-refused", path: run("firmware") },
    { name: "run-waiting", path: run("offline") },
    { name: "run-relayed", path: run("relayed") },
    { name: "run-to-tape", path: run("to-tape") },
    { name: "job", path: "job/debian" },
    { name: "job-never", path: "job/chatham-weekly", before: openAll },
    { name: "links", path: "links" },
    { name: "link", path: "links/de-archive/de-edge" },
    {
      name: "link-relayed",
      path: "links/de-archive/us-mirror",
      before: async (page) => {
        const doctor = page.getByRole("button", { name: /Run doctor/ });
        if (await page.getByText("Not examined yet.").isVisible()) await doctor.click();
        await page
          .getByRole("list", { name: "Methods" })
          .getByText(/works|refused/)
          .first()
          .waitFor(WAIT);
        await doctor.waitFor({ timeout: 90_000 });
      },
    },
    { name: "hosts", path: "hosts" },
    { name: "host", path: "hosts/us-tape" },
    { name: "schedule-day", path: "schedule" },
    {
      name: "schedule-week",
      path: "schedule",
      before: async (page) => {
        await page.getByRole("button", { name: "7 days" }).click();
        await page.getByRole("img", { name: /next 168 hours/ }).waitFor(WAIT);
      },
    },
    { name: "system", path: "system" },
    { name: "gone-page", path: "nowhere" },
    { name: "gone-job", path: "job/nobody" },
    { name: "gone-run", path: "run/nobody" },
    { name: "gone-host", path: "hosts/nobody" },
    { name: "gone-link", path: "links/nobody/nowhere" },
    { name: "no-match", path: "", before: (page) => page.getByRole("searchbox").fill("nothing of the kind") },
    {
      name: "asking",
      path: run("images"),
      before: (page) => page.getByRole("button", { name: "Cancel" }).click(),
    },
  ];
}
