import type { SocketFaults } from '../bypass/semantics.ts';

export interface LoadWarning {
  readonly message: string;
  readonly detail: string;
  /** Programs would stall: not to be loaded before somebody has agreed. */
  readonly grave: boolean;
}

const EAGAIN =
  'A recv() that blocks on a bypassed socket fails with EAGAIN when it is woken without data, as by a signal or by shutdown() in another thread. TCP would go on waiting, or return EINTR: programs with blocking sockets must be ready for it.';

/** What to say before the bypass is loaded on a host; undefined where nothing is amiss. */
export function loadWarning(kernel: string, faults: SocketFaults): LoadWarning | undefined {
  const { outside, redirected, affected, eagain } = faults;
  if (!outside && !redirected) {
    if (!eagain) return undefined;
    const detail = 'Sockmap: Check socket semantics shows what else differs.';
    return { message: EAGAIN, detail, grave: false };
  }
  const sockets = [
    ...(outside ? ['sockets that get data over TCP while they can be bypassed'] : []),
    ...(redirected ? ['bypassed sockets'] : []),
  ].join(' and ');
  const detail = [
    `Programs that ask how much there is to read before they read may stall: ${affected.join(', ')}. nginx does with large uploads. Do not load it into a cgroup with one of them.`,
    ...(eagain ? [EAGAIN] : []),
  ].join('\n\n');
  return {
    message: `Linux ${kernel} answers FIONREAD with 0 on ${sockets}, though data waits.`,
    detail,
    grave: true,
  };
}
