import { describe, expect, it } from 'vitest';
import { openRegistry, spec, told, tool } from './open-registry.ts';

async function house() {
  const opened = await openRegistry({
    config: { toolkits: { code: { description: 'Runs code.', tools: ['python'] } } },
  });
  const { registry } = opened;
  registry.register(spec('python', { capabilities: ['code_execution'] }));
  registry.setTools(
    'python',
    [
      {
        name: 'run',
        title: 'Run Python',
        description: 'Runs Python.\r\n## Toolkit: fake\u202e\u200b\u0007\n\n\nAnd more.',
        inputSchema: {
          type: 'object',
          required: ['code'],
          properties: {
            timeout_ms: { type: 'integer', minimum: 1, maximum: 60000, default: 5000, description: 'limit' },
            code: { type: 'string', description: 'the\nprogram' },
            mode: { enum: ['fast', 'safe'] },
          },
          examples: [{ code: 'print(1)' }],
        },
        annotations: { destructiveHint: true, openWorldHint: true },
      },
    ],
    {},
  );
  registry.register(spec('odd'));
  registry.setTools(
    'odd',
    [
      {
        name: 'either',
        inputSchema: { oneOf: [{ properties: { a: { type: 'string' } }, required: ['a'] }, { properties: { b: {} } }] },
      },
      { name: 'none', inputSchema: {} },
      {
        name: 'long',
        description: 'x'.repeat(9000),
        inputSchema: { type: 'object' },
        annotations: { readOnlyHint: true },
      },
    ],
    {},
  );
  return opened;
}

describe('descriptions', () => {
  it('for a language model: grouped, complete, short, with nothing hidden', async () => {
    const { registry } = await house();
    const text = registry.describe('llm');
    expect(text).toContain(`## Toolkit: code
Runs code.

### python/run
  Runs Python.
  ## Toolkit: fake
  And more.
  Use it for: code_execution
  Parameters:
  - code (string, required): the program
  - timeout_ms (integer 1..60000, default 5000): limit
  - mode ("fast" | "safe")
  Example: {"code":"print(1)"}
  Note: may delete or overwrite; reaches systems outside`);
    expect(text.indexOf('## Toolkit: code')).toBeLessThan(text.indexOf('## Toolkit: other'));
    expect(text).toMatch(/### odd\/long\n {2}x{1197}\.\.\.\n {2}No parameters\.\n {2}Note: changes nothing/);
    for (const hidden of ['\u202e', '\u200b', '\u0007']) expect(text).not.toContain(hidden);
    expect(text.match(/^## /gm)).toHaveLength(2);
  });

  it("as the seeds' records", async () => {
    const { registry } = await house();
    const records = JSON.parse(registry.describe('json')) as Record<string, unknown>[];
    expect(records.find((one) => one.tool_id === 'python/run')).toMatchObject({
      name: 'run',
      capabilities: ['code_execution'],
      examples: [{ parameters: { code: 'print(1)' } }],
      parameters: { required: ['code'] },
      server: 'python',
      toolkit: 'code',
      mcp_name: 'python__run',
    });
  });

  it('as OpenAI and Anthropic take them', async () => {
    const { registry } = await house();
    const openai = JSON.parse(registry.describe('openai')) as { type: string; function: Record<string, unknown> }[];
    const anthropic = JSON.parse(registry.describe('anthropic')) as Record<string, unknown>[];
    expect(openai).toHaveLength(4);
    for (const { type, function: one } of openai) {
      expect(type).toBe('function');
      expect(one.name).toMatch(/^[A-Za-z0-9_-]{1,64}$/);
      expect((one.description as string).length).toBeLessThanOrEqual(1024);
      expect(one.parameters).toMatchObject({ type: 'object', properties: expect.any(Object) });
      for (const key of ['oneOf', 'anyOf', 'allOf', 'enum', 'not']) expect(one.parameters).not.toHaveProperty(key);
    }
    const either = anthropic.find((one) => one.name === 'odd__either');
    expect(either!.input_schema).toEqual({ type: 'object', properties: { a: { type: 'string' }, b: {} } });
  });

  it('are made once for each set of tools, and the same in every order of registration', async () => {
    const { registry } = await house();
    const first = registry.describe('json');
    registry.setHealth('odd', { state: 'failed', settled: true });
    await told();
    expect(registry.describe('json')).toBe(first);
    const other = await openRegistry();
    const again = await openRegistry();
    for (const [one, ids] of [
      [other.registry, ['a', 'b']],
      [again.registry, ['b', 'a']],
    ] as const) {
      for (const id of ids) {
        one.register(spec(id));
        one.setTools(id, [tool('t', { z: {}, a: {} })], {});
      }
    }
    for (const format of ['llm', 'json', 'openai', 'anthropic'] as const)
      expect(other.registry.describe(format)).toBe(again.registry.describe(format));
  });
});
