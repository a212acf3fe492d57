import { hash } from 'node:crypto';
import { z } from 'zod';
import type { Question } from '../api.ts';

const shapes = new WeakMap<z.ZodType, string>();

/** Everything that decides an answer: whoever asks the same is answered from what is kept. */
export function callKey(stage: string, model: string, question: Question<unknown>, maxOutputTokens: number): string {
  const { system, user, name, schema } = question;
  let shape = shapes.get(schema);
  if (shape === undefined) {
    shape = JSON.stringify(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }));
    shapes.set(schema, shape);
  }
  return textHash([stage, model, `${maxOutputTokens}`, name, shape, system, user].join('\u0000'));
}

/** 32 hex digits. */
export const textHash = (text: string): string => hash('sha256', text, 'hex').slice(0, 32);
