import type { LiveReading } from './reading.ts';
import type { RatePoint } from './protocol.ts';

/** Seconds that are kept, and shown at most. */
export const WINDOW_SECONDS = 300;
/** Seconds between two readings beyond which nobody has looked, and there is no rate to show. */
const LONGEST_GAP = 90;

/** A moment without rates: where a line breaks. */
const nothing = (at: number): RatePoint => ({
  at,
  bypassBytes: null,
  bypassMessages: null,
  tcpBytes: null,
  tcpSegments: null,
});

/**
 * Works out the traffic in each second between two readings.
 * @returns null for what is not known: after new programs have begun to count from 0, after a gap, or
 * without `ss`.
 */
export function ratesBetween(before: LiveReading | undefined, now: LiveReading): RatePoint {
  const seconds = before === undefined ? 0 : now.at - before.at;
  if (before === undefined || seconds <= 0 || seconds > LONGEST_GAP || isReset(before, now))
    return nothing(now.at);
  const rate = (name: string): number =>
    ((now.counters[name] ?? 0) - (before.counters[name] ?? 0)) / seconds;
  const tcp = Array.from(tcpRates(before, now)?.values() ?? []);
  const tells = before.tellsSockets && now.tellsSockets;
  return {
    at: now.at,
    bypassBytes: rate('redirected_bytes'),
    bypassMessages: rate('redirected_messages'),
    tcpBytes: tells ? sum(tcp.map(({ bytes }) => bytes)) : null,
    tcpSegments: tells ? sum(tcp.map(({ segments }) => segments)) : null,
  };
}

/** Whether the counters are others than before: another load's, or a map that began anew. */
const isReset = (before: LiveReading, now: LiveReading): boolean =>
  before.pin !== now.pin ||
  Object.entries(before.counters).some(([name, count]) => (now.counters[name] ?? 0) < count);

interface Sent {
  readonly bytes: number;
  readonly segments: number;
}

/**
 * Works out the bytes that each socket has sent over TCP in each second, by its cookie. One that was not there
 * before is new if all were listed then, and left out else; one that has gone since took its last bytes along.
 * @returns undefined where that is not known.
 */
function tcpRates(
  before: LiveReading | undefined,
  now: LiveReading,
): Map<string, Sent> | undefined {
  const seconds = before === undefined ? 0 : now.at - before.at;
  if (before === undefined || seconds <= 0 || seconds > LONGEST_GAP) return undefined;
  if (!before.tellsSockets || !now.tellsSockets) return undefined;
  const known = new Map(before.sockets.map((socket) => [socket.cookie, socket]));
  const fresh = listsAll(before) ? { sentBytes: 0, sentSegments: 0 } : undefined;
  return new Map(
    now.sockets.flatMap(({ cookie, sentBytes, sentSegments }): [string, Sent][] => {
      const earlier = known.get(cookie) ?? fresh;
      if (earlier === undefined) return [];
      const rate = (from: number, to: number) => Math.max(0, to - from) / seconds;
      const bytes = rate(earlier.sentBytes, sentBytes);
      return [[cookie, { bytes, segments: rate(earlier.sentSegments, sentSegments) }]];
    }),
  );
}

const sum = (values: readonly number[]): number => values.reduce((all, one) => all + one, 0);

/** Whether every socket is in the list. */
export const listsAll = ({ capped, mine, sockets }: LiveReading): boolean =>
  !capped && sockets.length === mine;

/** The readings of the last minutes, as rates and counts. */
export class History {
  #points: readonly RatePoint[] = [];
  #counts: readonly Pick<LiveReading, 'at' | 'counters'>[] = [];
  #latest: LiveReading | undefined;
  #tcp: ReadonlyMap<string, Sent> | undefined;

  get points(): readonly RatePoint[] {
    return this.#points;
  }

  get latest(): LiveReading | undefined {
    return this.#latest;
  }

  /** Bytes a second of a socket over TCP; null where it is not known. */
  tcpRateOf(cookie: string): number | null {
    return this.#tcp?.get(cookie)?.bytes ?? null;
  }

  add(reading: LiveReading): void {
    const before = this.#latest;
    this.#tcp = tcpRates(before, reading);
    const from = reading.at - WINDOW_SECONDS;
    const isRecent = ({ at }: { at: number }) => at >= from && at < reading.at;
    this.#points = [...this.#points.filter(isRecent), ratesBetween(before, reading)];
    const { at, counters } = reading;
    const goesOn = before !== undefined && !isReset(before, reading);
    this.#counts = [...(goesOn ? this.#counts.filter(isRecent) : []), { at, counters }];
    this.#latest = reading;
  }

  /** How much each counter has grown within the last minutes, and within how many seconds. */
  growth(): { readonly seconds: number; readonly counts: ReadonlyMap<string, number> } {
    const [first, last] = [this.#counts[0], this.#counts.at(-1)];
    if (first === undefined || last === undefined) return { seconds: 0, counts: new Map() };
    const counts = new Map(
      Object.entries(last.counters).map(([name, count]) => [
        name,
        count - (first.counters[name] ?? 0),
      ]),
    );
    return { seconds: last.at - first.at, counts };
  }
}
