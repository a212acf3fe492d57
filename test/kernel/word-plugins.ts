import { token } from '#kernel';

export interface Value {
  get(): string;
}
export const WORD = token<Value>('test.word');
export const LIST = token<{ names(): string[] }>('test.list');

/** The source of a plugin; `body` is what its `create` returns. */
export const source = (name: string, declare: string, body: string, config = ''): string => `import { z } from 'zod';
import { all, definePlugin, many, nameOf, token } from '#kernel';
interface Value { get(): string }
const WORD = token<Value>('test.word');
const PLACE = token<Value>('test.place');
export default definePlugin({ name: '${name}', summary: 'A test.', config: z.strictObject({ ${config} }), ${declare},
  create: ({ config, ...services }) => (${body}) });
`;
/** Lists what all providers of `test.word` say. */
export const list = source(
  'list',
  "requires: { words: all(WORD) }, provides: { list: token<unknown>('test.list') }",
  '{ list: { names: () => [...services.words.values()].map((word) => word.get()) } }',
  'order: z.array(nameOf(WORD)).default([])',
);
export const word = (name: string, says = name): string =>
  source(name, `provides: { word: many(WORD, '${name}') }`, `{ word: { get: () => '${says}' } }`);
