import { AsyncLocalStorage } from 'node:async_hooks';

/** An answer, and by which text or labels the person gave it. */
export interface Answer<T> {
  readonly value: T;
  readonly shown: readonly string[];
}

/** The context of a question: the form that it belongs to. */
export interface Place {
  /** Whether there is a question before it, to which "Back" leads. */
  readonly hasBack: boolean;
  /** How it was answered before the person came back to it; empty the first time. */
  readonly before: readonly string[];
}

/** The answer of who goes back. */
export const BACK = Symbol('back');

interface Form {
  readonly answers: Answer<unknown>[];
  /** How many questions were asked, or answered again, in this pass. */
  asked: number;
  /** The answer that was taken back last. */
  takenBack: readonly string[];
  /** Whether it was itself begun after a question of another form. */
  readonly follows: boolean;
}

const current = new AsyncLocalStorage<Form>();

class Back extends Error {}

/** Takes the person to the question before this point; where there is none, the form ends undefined. */
export function goBack(): never {
  throw new Back();
}

/**
 * Questions that follow each other, with "Back" from each to the one before. To go back, `ask` runs anew with the
 * answers until there: between its questions it may read, but must change nothing. A form within a form runs
 * anew by itself; "Back" at its first question leads to the last one of the outer form.
 * @returns what `ask` returns.
 */
export async function form<T>(ask: () => Promise<T | undefined>): Promise<T | undefined> {
  const outer = current.getStore();
  const follows = outer !== undefined && hasBefore(outer);
  const here: Form = { answers: [], asked: 0, takenBack: [], follows };
  for (;;) {
    here.asked = 0;
    try {
      return await current.run(here, ask);
    } catch (error) {
      if (!(error instanceof Back)) throw error;
      const last = here.answers.pop();
      if (last === undefined && follows) throw error;
      if (last === undefined) return undefined;
      here.takenBack = last.shown;
    }
  }
}

const hasBefore = ({ asked, follows }: Form): boolean => asked > 0 || follows;

/** Asks one question: a step of the form around it, or one that stands alone. */
export async function question<T>(
  ask: (place: Place) => Promise<Answer<T> | typeof BACK | undefined>,
): Promise<T | undefined> {
  const here = current.getStore();
  if (here === undefined) {
    const alone = await ask({ hasBack: false, before: [] });
    return alone === BACK ? undefined : alone?.value;
  }
  const known = here.answers[here.asked];
  if (known !== undefined) {
    here.asked++;
    return known.value as T;
  }
  const before = here.takenBack;
  here.takenBack = [];
  const answer = await ask({ hasBack: hasBefore(here), before });
  if (answer === BACK) goBack();
  if (answer === undefined) return undefined;
  here.answers.push(answer);
  here.asked++;
  return answer.value;
}
