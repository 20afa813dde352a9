import { serves } from '../../bypass/attachment.ts';
import { bypassStatus } from '../../bypass/load.ts';
import { coveredWords } from '../../bypass/loadWarning.ts';
import { addCgroups } from '../../bypass/membership.ts';
import { readSource } from '../../bypass/source.ts';
import { existingCgroups } from '../../host/cgroups.ts';
import { agree } from '../agree.ts';
import { command, HOST, HOST_OPTIONS } from '../command.ts';
import { flag, text } from '../options.ts';
import { statusAnswer } from '../statusAnswer.ts';

export const attach = command({
  name: 'attach',
  summary: 'Adds cgroups to a bypass that is loaded: all of them, or none.',
  operands: {
    HOST,
    CGROUP: { help: 'A cgroup to add, by its path or its name below the mount.', several: true },
  },
  options: {
    to: text('CGROUP', 'The bypass: one of its cgroups, or its directory of pins.'),
    yes: flag('Ask nothing, and skip the check whether programs there would stall.'),
    ...HOST_OPTIONS,
  },
  examples: ['web1 front.scope --to back.scope'],
  notes: ['It checks and asks as load does.'],
  fault: (_, { to = '' }) => (to === '' ? '--to is missing: which bypass?' : undefined),
  run: async (session, { HOST: name, CGROUP: named }, { to = '', yes, ...options }) => {
    const { signal } = session;
    const host = session.host(name, options);
    const { facts, mount } = await host.ready('load', signal);
    const cgroups = await existingCgroups(host, mount, named, signal);
    if (!yes) {
      const { attachments } = await bypassStatus(host, signal);
      const policy = attachments.find((one) => serves(one, [to]))?.policy ?? 'guarded';
      const source = await readSource(session.bpf, policy);
      const isRoot = cgroups.includes(mount);
      await agree(session, { host, cgroups, isRoot, source, kernel: facts.kernel });
    }
    const status = await addCgroups(host, { to, cgroups }, signal);
    const served = status.attachments.flatMap((one) => one.cgroups);
    const covered = coveredWords(cgroups, served);
    if (covered !== undefined) session.onStep(covered);
    return statusAnswer(status);
  },
});
