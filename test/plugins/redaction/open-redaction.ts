import type { z } from 'zod';
import type { Redaction, RedactionLevel } from '#plugins/redaction/api';
import redaction from '../../../plugins/redaction/index.ts';
import { openPlugin } from '../open-plugin.ts';

/** Through the door, with these options. */
export async function openRedactor(config: z.input<typeof redaction.config> = {}) {
  const { plugin } = await openPlugin(redaction, config);
  return (level?: RedactionLevel): Redaction => plugin.redactor.open(level);
}
