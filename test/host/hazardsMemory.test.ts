import { assertKept, MEMORY_HAZARD, UNCOUNTED } from '../harness/host/hazards.ts';

describe(`the hazard of a bypass that is the whole kernel's: ${MEMORY_HAZARD.title}`, function () {
  this.timeout(300_000);
  for (const [where, env] of [
    ['within a network namespace', {}],
    ['where the kernel does not count redirected bytes', UNCOUNTED],
    ['between namespaces, over veth and a bridge', { TOPOLOGY: 'bridge' }],
    ['between namespaces, over a service address and masquerading', { TOPOLOGY: 'nat' }],
  ] as const) {
    it(where, () => assertKept(MEMORY_HAZARD, { env }));
  }
});
