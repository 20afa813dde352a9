import { readDocument } from '../../bench/store.ts';
import { fleetOf } from '../../results/fleet/fleet.ts';
import { fleetLines, fleetMethod } from '../../results/words/fleetLines.ts';
import { command } from '../command.ts';

export const fleet = command({
  name: 'fleet',
  summary: 'Says how fast the bypass is over several hosts, by their result documents.',
  operands: {
    RESULT: {
      help: 'Result documents (*.sockmap-bench.json); of a host the newest.',
      several: true,
    },
  },
  options: {},
  notes: [fleetMethod()],
  run: async (_session, { RESULT }) => {
    const documents = await Promise.all(RESULT.map((file) => readDocument(file)));
    const found = fleetOf(documents);
    const hosts = found.hosts.map(({ host, document: { id, startedAt } }) => ({
      host,
      id,
      startedAt,
    }));
    return { data: { ...found, hosts }, text: `${fleetLines(found).join('\n')}\n` };
  },
});
