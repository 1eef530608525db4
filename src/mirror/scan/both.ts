/**
 * What two sides do at once, each on its own connection. An error of one is thrown when the other has ended too: a
 * connection that goes back in the middle of something would serve its next user ill.
 */
export async function both<A, B>(one: Promise<A>, two: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([one, two]);
  return Promise.all([one, two]);
}
