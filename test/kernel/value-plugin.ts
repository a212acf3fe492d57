import { token } from '#kernel';

interface Value {
  get(): Promise<string>;
}
export const VALUE = token<Value>('test.value');
export const OTHER = token<Value>('test.other');

interface Shape {
  readonly name?: string;
  readonly provides?: string;
  readonly get?: string;
  readonly config?: string;
  readonly spec?: string;
  readonly top?: string;
  readonly before?: string;
  readonly lifecycle?: string;
}

/** A plugin whose service answers with `get`, a piece of source; the rest are pieces that a test adds. */
export const plugin = (shape: Shape = {}): string => `import { z } from 'zod';
import { definePlugin, token } from '#kernel';
${shape.top ?? ''}
export default definePlugin({
  name: '${shape.name ?? 'value'}',
  summary: 'A value.',
  config: z.strictObject({ ${shape.config ?? ''} }),
  provides: { value: token<unknown>('${shape.provides ?? 'test.value'}') },
  ${shape.spec ?? ''}
  create: ({ config, defer, events, signal, log, generation, ...services }) => {
    ${shape.before ?? ''}
    return {
      value: { get: async () => ${shape.get ?? "'one'"} },
      ${shape.lifecycle ?? ''}
    };
  },
});
`;
