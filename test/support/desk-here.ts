import { Desk, eventsOf, type Host } from "./desk.ts";
import { fxpdFrom } from "./in-process.ts";

/**
 * A desk whose commands run in the process of the tests, from the sources: what they do is tested, and not the process that does
 * it, whose start takes longer than most of them.
 */
export async function deskHere(hosts: Readonly<Record<string, Host>> = {}): Promise<Desk> {
  const desk = await Desk.open(hosts);
  desk.run = async (args) => {
    const { status, out, err } = await fxpdFrom(desk.path, desk.ownEnvironment, args);
    return { status, out, err, ...eventsOf(args, out) };
  };
  return desk;
}
