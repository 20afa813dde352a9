import * as l10n from '@vscode/l10n';
import { isAttached } from '../../bypass/attachment.ts';
import { readStatus } from '../../bypass/status.ts';
import { existingCgroup } from '../../host/cgroups.ts';
import { cancelled, HostError } from '../../host/errors.ts';
import type { Host } from '../../host/host.ts';
import {
  Trial,
  type CanaryReading,
  type CanaryTimes,
  type Guardrails,
} from '../../results/canary/trial.ts';
import { CanaryObserver } from './observer.ts';
import type { TracerSource } from '../tracer.ts';

/** Percentage of new connections: both groups need some. */
export const CANARY_SHARES = [1, 99] as const;
/** How many times as long an answer may take. */
export const CANARY_LIMITS = [1, 10] as const;
/** Where nothing else is said: of each group enough for an answer, and what is worth an alarm. */
export const CANARY_DEFAULTS = { share: 50, seconds: 600, p99: 1.05 } as const;
/** Seconds. */
export const CANARY_SECONDS = [5, 7 * 24 * 3600] as const;

export interface CanaryOptions {
  /** One of the cgroups of a bypass. */
  readonly cgroup: string;
  readonly share: number;
  readonly seconds: number;
  readonly guardrails: Guardrails;
  /** Both groups stay on TCP, drawn at random: what is found where nothing differs? */
  readonly same?: boolean;
  readonly sources: TracerSource;
  readonly signal?: AbortSignal | undefined;
  /** Once a second. */
  readonly onReading?: (reading: CanaryReading, times: CanaryTimes) => void;
}

/**
 * Puts a share of new connections on a bypass that is loaded, and compares them with the others until the time is
 * over or a guardrail is crossed. Then the share is what it was, or 0 where one was crossed; connections that are
 * open stay where they are.
 * @returns the last reading.
 * @throws HostError of kind `not-found` where no guarded programs are attached and pinned, `cancelled`.
 */
export async function runCanary(host: Host, options: CanaryOptions): Promise<CanaryReading> {
  const { cgroup: named, share, seconds, guardrails, same = false, sources, signal } = options;
  const tried = l10n.t('run a canary');
  const { mount } = await host.ready('load', signal);
  const cgroup = await existingCgroup(host, mount, named, signal);
  const { attachments } = await readStatus(host, signal);
  const found = attachments.find((one) => one.cgroups.includes(cgroup) && isAttached(one));
  if (found?.pins === undefined || found.config === undefined || found.config.mode === 'off') {
    throw new HostError({
      kind: 'not-found',
      tried,
      where: host.name,
      words:
        found?.config?.mode === 'off'
          ? l10n.t('the bypass of {0} is switched off', cgroup)
          : l10n.t('no guarded bypass is loaded on {0}', cgroup),
      next: l10n.t(
        'Load the guarded policy there first, with a share of 0 if nothing is to be bypassed before.',
      ),
    });
  }
  const trial = new Trial(guardrails, same ? 0.5 : share / 100);
  let stop: () => void = () => undefined;
  const isEnough = new Promise<void>((resolve) => (stop = resolve));
  let last: CanaryReading | undefined;
  let isOver = false;
  await using observer = await CanaryObserver.start(
    host,
    sources,
    { pins: found.pins, share, same },
    (growth) => {
      if (isOver) return;
      last = trial.add(growth);
      isOver = last.crossed.length > 0 || last.seconds >= seconds;
      if (isOver) stop();
      options.onReading?.(last, trial.times);
    },
    signal,
  );
  signal?.addEventListener('abort', stop, { once: true });
  if (signal?.aborted === true) stop();
  const ended = observer.ended();
  await Promise.race([isEnough, ended]);
  signal?.removeEventListener('abort', stop);
  const isCrossed = last !== undefined && last.crossed.length > 0;
  if (isCrossed) observer.stopBypassing();
  observer.end();
  await ended;
  if (signal?.aborted === true) throw cancelled(tried, host.name);
  if (last !== undefined) return isCrossed ? { ...last, share: 0 } : last;
  throw new HostError({
    kind: 'command',
    tried,
    where: host.name,
    words: l10n.t('the observer ended without a message'),
    next: l10n.t('Try again.'),
  });
}
