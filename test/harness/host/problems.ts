import assert from 'node:assert/strict';
import { HostError, type Problem, type ProblemKind } from '../../../src/host/errors.ts';

/** Expects a failure a person can act on, and gives it for a closer look. */
export async function problemOf(promise: Promise<unknown>, kind: ProblemKind): Promise<Problem> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof HostError)) {
    throw new Error(`expected a HostError of kind ${kind}`, { cause: error });
  }
  assert.equal(error.problem.kind, kind, JSON.stringify(error.problem, null, 1));
  return error.problem;
}
