/** Why a test or a suite was skipped, kept on it for the reporter. */
interface WithReason {
  skipReason?: string;
}

/**
 * Skips the running test, or from a hook the tests it prepares, and says which fact of the machine is
 * missing. The summary of `npm test` repeats it.
 */
export function skip(context: Mocha.Context, reason: string): never {
  const runnable = context.runnable();
  let skipped: Mocha.Runnable | Mocha.Suite | undefined = runnable;
  // In a hook before all tests the reason belongs to the suite, before each test to that test.
  if (runnable.title.startsWith('"before all" hook')) skipped = runnable.parent;
  else if (runnable.title.startsWith('"before each" hook')) skipped = context.currentTest;
  if (skipped) (skipped as WithReason).skipReason = reason;
  return context.skip();
}

export function skipReason(test: Mocha.Test): string {
  const chain: (Mocha.Test | Mocha.Suite | undefined)[] = [test];
  for (let suite = test.parent; suite; suite = suite.parent) chain.push(suite);
  const reasons = chain.map((each) => (each as WithReason | undefined)?.skipReason);
  return reasons.find((reason) => reason !== undefined) ?? 'no reason given';
}
