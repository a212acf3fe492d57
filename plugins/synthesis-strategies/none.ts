import type { EvolveStrategy } from '#plugins/synthesizer/api';

/** Leaves seeds as they are. */
export const none: EvolveStrategy = { evolve: async () => undefined };
