/**
 * Like `Promise.all`, but a failure is thrown only once nothing is under way any more: what the
 * others still do could not be undone behind their back.
 */
export async function allSettledOrThrow<T extends readonly unknown[]>(promises: {
  readonly [K in keyof T]: Promise<T[K]>;
}): Promise<T> {
  await Promise.allSettled(promises);
  return Promise.all(promises);
}
