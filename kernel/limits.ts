import { z } from 'zod';

const ms = (otherwise: number, text: string) =>
  z.number().int().min(1).max(600_000).default(otherwise).describe(`${text}, in milliseconds`);

/** No wait of the kernel is longer than these. */
export const limitsSchema = z.strictObject({
  startMs: ms(10_000, 'longest start of a plugin'),
  drainMs: ms(5_000, 'how long calls into a replaced or ending plugin may go on'),
  stopMs: ms(5_000, 'longest stop of a plugin, and longest undo'),
});
export type Limits = z.output<typeof limitsSchema>;

/** The keys of a pipeline file besides `include`, which is gone once the file is read. */
export const pipelineSchema = z.strictObject({
  kernel: z.literal(1).describe('version of this format'),
  name: z.string().min(1).max(100).optional().describe('shown in status and log; default: the file name'),
  mode: z
    .enum(['server', 'worker', 'cli'])
    .describe('server and worker run until a signal; cli runs the one main plugin and exits with its code'),
  plugins: z.record(z.string(), z.unknown()).default({}).describe('id (`plugin` or `plugin/label`) -> options | off'),
  dirs: z
    .array(z.string().min(1))
    .default([])
    .describe("more folders with plugins, relative to this file; the kernel's own and ./plugins are always searched"),
  watch: z
    .union([z.boolean(), z.strictObject({ debounceMs: z.number().int().min(1).max(10_000).default(40) })])
    .optional()
    .describe('reload plugins and this file when they are edited; default: in every mode but cli'),
  drop: z.boolean().default(false).describe('load a folder that is dropped into a plugin folder, with default options'),
  limits: limitsSchema.prefault({}).describe('longest waits'),
});
export type PipelineKeys = z.output<typeof pipelineSchema>;

/** Rejects after `ms`, saying what it waited for; the timer never keeps the process alive by itself. */
export async function within<T>(ms: number, what: () => Error, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(what()), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
