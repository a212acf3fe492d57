/** The files of a new plugin: small, and complete enough to pass the contract test. */
export function templates(name: string): { files: Record<string, string>; test: string } {
  const words = name.split('-');
  const pascal = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
  const camel = pascal.charAt(0).toLowerCase() + pascal.slice(1);
  const constant = words.join('_').toUpperCase();
  const files = {
    'api.ts': `import { token } from '#kernel';

/** What other plugins may use of this one; they import nothing else from here. */
export interface ${pascal} {
  greet(name: string): Promise<string>;
}
export const ${constant} = token<${pascal}>('${words.join('.')}');
`,
    'index.ts': `import { z } from 'zod';
import { definePlugin } from '#kernel';
import { ${constant} } from './api.ts';
import { Plain${pascal} } from './${name}.ts';

export default definePlugin({
  name: '${name}',
  summary: 'Says in one sentence what it is for.',
  config: z.strictObject({
    greeting: z.string().default('hello').describe('word before the name'),
  }),
  provides: { ${camel}: ${constant} },
  create: ({ config }) => ({ ${camel}: new Plain${pascal}(config.greeting) }),
});
`,
    [`${name}.ts`]: `import type { ${pascal} } from './api.ts';

export class Plain${pascal} implements ${pascal} {
  readonly #greeting: string;
  constructor(greeting: string) {
    this.#greeting = greeting;
  }

  async greet(name: string): Promise<string> {
    return \`\${this.#greeting} \${name}\`;
  }
}
`,
    'README.md': `# ${name}

Says in one sentence what it is for.

\`\`\`yaml
plugins:
  ${name}: { greeting: hello }
\`\`\`

## Options

<!-- options -->
| option | type | default | meaning |
|---|---|---|---|
| \`greeting\` | string | \`"hello"\` | word before the name |
<!-- /options -->
`,
  };
  const test = `import { expect, test } from 'vitest';
import { ${constant} } from '#plugins/${name}/api';
import { bootKernel } from '../../support/boot-kernel.ts';

test('greets with the configured word', async () => {
  const kernel = await bootKernel({ plugins: { '${name}': { greeting: 'hi' } } });
  try {
    expect(await kernel.get(${constant}).greet('ann')).toBe('hi ann');
  } finally {
    await kernel.stop();
  }
});
`;
  return { files, test };
}
