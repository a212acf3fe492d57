import type { Compressor } from '#plugins/context/api';

/** Leaves a history as it is: to turn compression off. */
export const none: Compressor = { compress: async (history) => history };
