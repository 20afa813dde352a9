import * as z from 'zod';
import { documentSchema, planSchema } from './document.ts';
import { BEGIN, END_OF_SAMPLES } from './documentText.ts';

const { shape } = documentSchema;
const summarySchema = z.object({
  schema: shape.schema,
  id: shape.id,
  startedAt: shape.startedAt,
  finishedAt: shape.finishedAt,
  stopped: shape.stopped,
  annotation: shape.annotation,
  host: shape.host,
  cgroup: shape.cgroup,
  plan: z.object({ name: planSchema.shape.name }),
});

/** The fields of a run that a list shows. */
export type Summary = z.infer<typeof summarySchema>;

/** Reads a whole document for a list; undefined where it is none. */
export function summaryOf(text: string): Summary | undefined {
  try {
    return summarySchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/**
 * Reads a long document for a list, from its beginning and its end: samples are all the rest.
 * @returns undefined where it is not written as `documentText` does, and has to be read as a whole.
 */
export function summaryOfEnds(head: string, tail: string): Summary | undefined {
  const begin = head.indexOf(BEGIN);
  const end = tail.lastIndexOf(END_OF_SAMPLES);
  if (begin === -1 || end === -1) return undefined;
  const from = end + END_OF_SAMPLES.length - ']'.length;
  return summaryOf(head.slice(0, begin + BEGIN.length) + tail.slice(from));
}
