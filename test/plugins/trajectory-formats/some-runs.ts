import fc from 'fast-check';
import type { ImportedRun, RunCall, RunMessage } from '#plugins/trajectory-formats/api';
import { finishRun } from '../../../plugins/trajectory-formats/finish-run.ts';
import type { RunDraft } from '../../../plugins/trajectory-formats/format.ts';

export const run = (messages: readonly RunMessage[], more: Partial<RunDraft> = {}): ImportedRun =>
  finishRun({ key: 'run', request: 'Do it.', outcome: { success: null }, messages, ...more }, 'test');

export const call = (id: string, name = 'find', more: Partial<RunCall['tool']> = {}): RunCall => ({
  id,
  tool: { name, ...more },
  args: { id },
});

const text = fc.string({
  unit: fc.constantFrom('a', ' ', '\n', '"', '\\', 'é', '東', '\u2028', '\ud83d\ude00', '\ud800', '<'),
});
const id = fc.constantFrom('c1', 'c2', 'c3', '');
const optional: { requiredKeys: [] } = { requiredKeys: [] };
// Not with an escape in it: JSON.parse of Node 24.21 takes `"` for `\\` where it has seen that name before.
const name = fc.string({ unit: fc.constantFrom('a', ' ', 'é', '東', '\ud83d\ude00', '<') });
const object = fc.dictionary(name, fc.jsonValue({ maxDepth: 2 }), { maxKeys: 3, noNullPrototype: true });

const calls = fc.array(
  fc.record(
    {
      id,
      tool: fc.record({ name: text, server: text, via: text }, { requiredKeys: ['name'] }),
      args: object,
      lookup: fc.boolean(),
    },
    { requiredKeys: ['id', 'tool', 'args'] },
  ),
  { minLength: 1, maxLength: 3 },
);

/** Of any role with anything: results without calls, calls without results, ids that come again, times nobody can write. */
const message = fc.record(
  {
    role: fc.constantFrom('system' as const, 'user' as const, 'assistant' as const, 'tool' as const),
    text,
    reasoning: text,
    calls,
    answers: id,
    error: fc.boolean(),
    demo: fc.boolean(),
    at: fc.constantFrom(0, 1, 1_700_000_000_123, 1.5, -1, 9e15),
    extra: object,
  },
  { requiredKeys: ['role', 'text'] },
);

const draft = fc.record(
  {
    key: text,
    task: text,
    session: text,
    agent: text,
    model: text,
    startedAt: fc.integer(),
    request: text,
    messages: fc.array(message, { maxLength: 8 }),
    outcome: fc.record(
      {
        success: fc.constantFrom(true, false, null),
        score: fc.double({ noNaN: true, noDefaultInfinity: true }),
        evidence: text,
        answer: text,
      },
      { requiredKeys: ['success'] },
    ),
    usage: fc.record(
      { inputTokens: fc.nat(), outputTokens: fc.constantFrom(0, 7, 0.5), usd: fc.constantFrom(0, 0.25) },
      optional,
    ),
    toolDefinitions: fc.array(
      fc.record(
        {
          name: fc.constantFrom('find', 'tell'),
          server: fc.constantFrom('maps', 'docs'),
          description: text,
          inputSchema: object,
        },
        { requiredKeys: ['name'] },
      ),
      { minLength: 1, maxLength: 2 },
    ),
    labels: fc.dictionary(text, fc.oneof(text, fc.integer()), { maxKeys: 2, noNullPrototype: true }),
    counts: fc.record({ steps: fc.nat(), messages: fc.nat() }, optional),
    reference: object,
    license: text,
  },
  { requiredKeys: ['key', 'request', 'messages', 'outcome'] },
);

/** Any run that a format could give. */
export const anyRun: fc.Arbitrary<ImportedRun> = draft.map(
  (one) => JSON.parse(JSON.stringify(finishRun(one as RunDraft, 'test'))) as ImportedRun,
);
