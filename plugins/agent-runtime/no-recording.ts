import type { Recording } from '#plugins/trajectory/api';

/** Where no plugin records. */
export const noRecording = (id: string): Recording => ({
  id,
  steps: 0,
  step: () => {},
  settled: async () => {},
  finish: async () => {},
  suspend: async () => {},
});
