import { assertKept, HAZARDS } from '../harness/host/hazards.ts';

/**
 * All but the one of namespaces themselves, which has its own. The classic programs pair nothing here, so
 * they show nothing.
 */
const BETWEEN = HAZARDS.filter(({ name }) => name !== 'leak');

for (const [topology, where] of [
  ['bridge', 'veth and a bridge'],
  ['nat', 'a service address and masquerading'],
] as const) {
  describe(`the hazards of a bypass between network namespaces, over ${where}`, function () {
    this.timeout(300_000);
    for (const { casesBetween, ...hazard } of BETWEEN) {
      const cases = casesBetween ?? hazard.cases ?? 1;
      it(hazard.title, () => assertKept({ ...hazard, cases }, { env: { TOPOLOGY: topology } }));
    }
  });
}
