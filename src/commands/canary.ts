import * as vscode from 'vscode';
import * as z from 'zod';
import {
  CANARY_DEFAULTS,
  CANARY_LIMITS,
  CANARY_SECONDS,
  CANARY_SHARES,
  runCanary,
} from '../assess/canary/canary.ts';
import { readCanary } from '../assess/canary/observer.ts';
import { outcomeWords } from '../assess/canary/report.ts';
import type { CanaryState } from '../assess/canary/view.ts';
import type { App } from '../app.ts';
import { bypassStatus } from '../bypass/load.ts';
import { existingCgroup } from '../host/cgroups.ts';
import { isCancelled } from '../host/errors.ts';
import type { CanaryReading } from '../results/canary/trial.ts';
import { durationLabel } from '../results/duration.ts';
import { reasonOf } from '../ui/watchedResult.ts';
import { form } from '../ui/form.ts';
import { pickBypass } from '../ui/pickBypass.ts';
import { pickHost } from '../ui/pickers.ts';
import { withProgress } from '../ui/progress.ts';
import { askLine, showInformation, showWarning } from '../ui/window.ts';
import { cgroupArgument, readHostArgument } from './arguments.ts';

const TITLE = vscode.l10n.t('Run a canary');

const within = <T extends z.ZodNumber>(schema: T, [least, most]: readonly [number, number]) =>
  schema.min(least).max(most);

const canaryArgument = cgroupArgument.extend({
  share: within(z.int(), CANARY_SHARES).default(CANARY_DEFAULTS.share),
  seconds: within(z.int(), CANARY_SECONDS).default(CANARY_DEFAULTS.seconds),
  p50: within(z.number(), CANARY_LIMITS).optional(),
  p99: within(z.number(), CANARY_LIMITS).optional(),
  /** Both groups stay on TCP: nothing should be found. */
  same: z.boolean().default(false),
});
type Wanted = z.infer<typeof canaryArgument>;

/** Run a canary: a share of new connections on a loaded bypass, compared with the rest on its live page. */
export async function canary(app: App, argument: unknown): Promise<CanaryReading | undefined> {
  const wanted =
    (await readHostArgument(app, canaryArgument, argument)) ??
    (await form(() => ask(app, argument)));
  if (wanted === undefined) return undefined;
  const reading = await run(app, wanted);
  const words = vscode.l10n.t(
    '{0} This is the result of the canary of {1} on {2}.',
    outcomeWords(reading),
    wanted.cgroup,
    wanted.host,
  );
  void (reading.outcome === 'crossed' ? showWarning(words) : showInformation(words));
  return reading;
}

async function run(app: App, wanted: Wanted): Promise<CanaryReading> {
  const { host: name, share, seconds, same, p50, p99 } = wanted;
  const guardrails = { p50, p99 };
  return withProgress(vscode.l10n.t('Canary on {0}', name), async (report, signal) => {
    const host = await app.host(name);
    const { mount } = await host.ready('load', signal);
    const cgroup = await existingCgroup(host, mount, wanted.cgroup, signal);
    const own = new AbortController();
    const both = AbortSignal.any([signal, own.signal]);
    let state: CanaryState = {
      share,
      seconds,
      guardrails,
      same,
      end: undefined,
      reading: undefined,
      times: undefined,
    };
    const keep = (news: Partial<CanaryState>): void => {
      state = { ...state, ...news };
      app.canaries.keep({
        host: name,
        cgroup,
        state,
        cancel: () => {
          own.abort();
        },
      });
    };
    keep({});
    try {
      await app.livePages.open(await bypassStatus(host, both), cgroup);
      const reading = await runCanary(host, {
        cgroup,
        share,
        seconds,
        guardrails,
        same,
        signal: both,
        sources: await readCanary(app.bpfDirectory),
        onReading: (now, times) => {
          const left = durationLabel(Math.max(0, seconds - now.seconds));
          report(vscode.l10n.t('{0} left. {1}', left, outcomeWords(now)), 100 / seconds);
          keep({ reading: now, times });
        },
      });
      keep({ end: 'done', reading });
      return reading;
    } catch (error) {
      keep({ end: isCancelled(error) ? 'cancelled' : { failed: reasonOf(error) } });
      throw error;
    }
  });
}

async function ask(app: App, pointed: unknown): Promise<Wanted | undefined> {
  const host = await pickHost(app, TITLE, pointed);
  if (host === undefined) return undefined;
  const chosen = await pickBypass(app, host, TITLE, { remains: false, pointed });
  if (chosen === undefined) return undefined;
  const share = await askNumber(
    1,
    vscode.l10n.t('Share of new connections on the bypass meanwhile, in percent: 1 to 99'),
    `${CANARY_DEFAULTS.share}`,
    (text) => wholeWithin(text, CANARY_SHARES),
  );
  if (share === undefined) return undefined;
  const minutes = await askNumber(
    2,
    vscode.l10n.t('How many minutes it takes, 0.1 to 10080; it ends by itself'),
    `${CANARY_DEFAULTS.seconds / 60}`,
    (text) => wholeWithin(`${Math.round(60 * Number(text.trim() || NaN))}`, CANARY_SECONDS),
  );
  if (minutes === undefined) return undefined;
  const p99 = await askLimit(
    3,
    vscode.l10n.t(
      'Guardrail on the P99: how many times as long as on TCP it may be, 1 to 10; empty for none',
    ),
    `${CANARY_DEFAULTS.p99}`,
  );
  if (p99 === undefined) return undefined;
  const p50 = await askLimit(
    4,
    vscode.l10n.t(
      'Guardrail on the median: how many times as long as on TCP it may be, 1 to 10; empty for none',
    ),
    '',
  );
  if (p50 === undefined) return undefined;
  return {
    host,
    cgroup: chosen.cgroup,
    share,
    seconds: minutes,
    same: false,
    ...(p99 !== 'none' && { p99 }),
    ...(p50 !== 'none' && { p50 }),
  };
}

const askLimit = (
  step: number,
  prompt: string,
  value: string,
): Promise<number | 'none' | undefined> =>
  askNumber<number | 'none'>(step, prompt, value, (text) => {
    const [least, most] = CANARY_LIMITS;
    if (text.trim() === '') return 'none';
    const limit = Number(text);
    return limit >= least && limit <= most ? limit : undefined;
  });

/** @param read gives undefined for what will not do. */
async function askNumber<T extends number | 'none' = number>(
  step: number,
  prompt: string,
  value: string,
  read: (text: string) => T | undefined,
): Promise<T | undefined> {
  const text = await askLine({
    title: `${TITLE} (${step}/4)`,
    prompt,
    value,
    fault: (typed) => (read(typed) === undefined ? prompt : undefined),
  });
  return text === undefined ? undefined : read(text);
}

function wholeWithin(text: string, [least, most]: readonly [number, number]): number | undefined {
  const number = text.trim() === '' ? NaN : Number(text);
  return Number.isInteger(number) && number >= least && number <= most ? number : undefined;
}
