import { z } from 'zod';

const MIB = 1 << 20;

export const formatsConfig = z.strictObject({
  maxRecordBytes: z
    .number()
    .int()
    .min(1_024)
    .max(500 * MIB)
    .default(256 * MIB)
    .describe(
      'a longer record is not read, in bytes of its JSON; a session, which is one run over many lines, as a whole',
    ),
  maxUnpackedBytes: z
    .number()
    .int()
    .min(1_024)
    .default(64 * 1_024 * MIB)
    .describe('of a packed file no more is read, in bytes of what is in it'),
  maxSessionFiles: z
    .number()
    .int()
    .min(1)
    .max(10_000_000)
    .default(100_000)
    .describe('a session of more files, each of them one of its lines, is not read'),
  maxDepth: z
    .number()
    .int()
    .min(16)
    .max(2_000)
    .default(256)
    .describe('a record in which lists and objects are nested deeper is not read'),
});
export type FormatsConfig = z.output<typeof formatsConfig>;
