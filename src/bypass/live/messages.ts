import * as z from 'zod';
import { LIMIT_RANGES, MODE_NAMES, REACHES, SHARE_RANGE } from '../config.ts';

/*
 * Messages of the page. A webview's messages are not trusted: whatever else arrives is ignored.
 */

const id = z.string().min(1).max(10_000);
const limit = ([least, most]: readonly [number, number]) => z.number().min(least).max(most);

const fromLivePage = z.discriminatedUnion('type', [
  z.strictObject({ type: z.enum(['ready', 'retry', 'report', 'load', 'canary', 'endCanary']) }),
  z.strictObject({ type: z.literal('seen'), seen: z.boolean() }),
  z.strictObject({ type: z.literal('choose'), id }),
  z.strictObject({ type: z.literal('mode'), mode: z.enum(MODE_NAMES) }),
  z.strictObject({ type: z.literal('reach'), reach: z.enum(REACHES) }),
  z.strictObject({
    type: z.literal('limits'),
    queueBoundMiB: limit(LIMIT_RANGES.queueBoundMiB),
    oneWayLimit: limit(LIMIT_RANGES.oneWayLimit).int(),
    share: limit(SHARE_RANGE).int(),
  }),
]);

export type Message = z.infer<typeof fromLivePage>;

/** @returns undefined for what is none. */
export const readMessage = (message: unknown): Message | undefined =>
  fromLivePage.safeParse(message).data;

const liveState = z.object({ host: z.string().min(1).max(1000), id: id.optional() });

/** The state that VS Code has kept of a page over a reload of its window. */
export const readState = (state: unknown): z.infer<typeof liveState> | undefined =>
  liveState.safeParse(state).data;
