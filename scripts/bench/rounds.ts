/**
 * Takes samples of arms next to each other, in turned order every second round, so that a noisy moment and a
 * drift fall on all of them.
 * @returns of each arm a sample for each round, in their order.
 */
export async function takeRounds<Arm, Sample>(
  arms: readonly Arm[],
  rounds: number,
  sample: (arm: Arm) => Promise<Sample>,
): Promise<Map<Arm, Sample[]>> {
  const taken = new Map<Arm, Sample[]>(arms.map((arm) => [arm, []]));
  for (let round = 0; round < rounds; round++) {
    for (const arm of round % 2 === 0 ? arms : arms.toReversed()) {
      taken.get(arm)?.push(await sample(arm));
    }
  }
  return taken;
}
