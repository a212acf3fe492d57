import { z } from 'zod';
import { isFault } from '#kernel';
import type { Context } from '#plugins/context/api';
import { failed, told } from '../observation.ts';
import { type OwnTool, ownTool } from './own-tool.ts';

const WINDOW = 20_000;

/** Opens a tool output again that was masked or cut. */
export const readPruned = (context: Context): OwnTool =>
  ownTool(
    'read_pruned',
    'Shows an earlier tool output again that was shortened, by the id that stands in its place.',
    z.object({
      id: z.string().max(64),
      from: z.number().int().min(0).default(0).describe('first character'),
      length: z.number().int().min(1).max(WINDOW).default(WINDOW).describe('how many characters'),
    }),
    async ({ id, from, length }) => {
      try {
        const whole = await context.readPruned(id);
        const part = whole.slice(from, from + length);
        const left = whole.length - from - part.length;
        return told(left > 0 ? `${part}\n[${left} more characters, from ${from + part.length}]` : part);
      } catch (error) {
        if (isFault(error)) return failed(error.message, error.code);
        throw error;
      }
    },
  );
