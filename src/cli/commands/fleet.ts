import { readDocument } from '../../bench/store.ts';
import { fleetOf } from '../../results/fleet/fleet.ts';
import { fleetLines, fleetMethod } from '../../results/words/fleetLines.ts';
import { command } from '../command.ts';

export const fleet = command({
  name: 'fleet',
  summary: 'Sums up how fast the bypass is on several hosts, from their result documents.',
  operands: {
    RESULT: {
      help: 'Result documents (*.sockmap-bench.json). Of several of one host, the newest counts.',
      several: true,
    },
  },
  options: {},
  examples: ['web1.sockmap-bench.json web2.sockmap-bench.json'],
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
