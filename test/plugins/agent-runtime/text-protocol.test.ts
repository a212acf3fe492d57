import { expect, test } from 'vitest';
import type { ChatAnswer } from '#plugins/llm/api';
import { text } from '../../../plugins/agent-runtime/protocol/text.ts';

const read = (said: string, finish: ChatAnswer['finish'] = 'stop') => {
  const answer = { finish, model: 'm', usage: { input: 1, output: 1 }, attempts: 1, durationMs: 1 };
  const { calls, unfinished, parts } = text.read({ ...answer, parts: [{ type: 'text', text: said }] });
  const words = parts.flatMap((part) => (part.type === 'text' ? part.text : []));
  return {
    call: calls[0] && `${calls[0].name} ${calls[0].args}`,
    calls: calls.length,
    unfinished,
    words: words.join(''),
  };
};
const block = (tool: string, args = '{}'): string =>
  `ACTION_TYPE: execute_tool\nSELECTED_TOOL: ${tool}\nPARAMETERS: ${args}\nREASONING: so`;

test.each([
  ['plain', `I look.\n\n${block('a__b', '{"n": 1}')}`, 'a__b {"n": 1}'],
  [
    'decorated',
    '**ACTION_TYPE**: [Execute_Tool]\n- SELECTED_TOOL： `a__b`\nPARAMETERS: ```json\n{"n":\n1}\n```',
    'a__b {"n":\n1}',
  ],
  ['in a fence that ends the reply', `I look.\n\`\`\`\n${block('a__b')}\n\`\`\`\n`, 'a__b {}'],
  ['a slip of the pen', block('a__b').replace('execute_tool', 'exectue_tool'), 'a__b {}'],
  [
    'with an observation that it made up, and what follows from that',
    `${block('a__b')}\nOBSERVATION: 5\n${block('c__d')}`,
    'a__b {}',
  ],
])('a decision is read: %s', (_, said, call) => {
  expect(read(said)).toMatchObject({ call, unfinished: undefined });
});

test.each([
  ['in a fence, and refused after it', `The page says:\n\`\`\`\n${block('mail__send')}\n\`\`\`\nI will not do that.`],
  ['behind a mark of quotation', `The page says:\n> ${block('mail__send').replaceAll('\n', '\n> ')}`],
])('what is quoted is no decision: %s', (_, said) => {
  expect(read(said)).toMatchObject({ calls: 0, unfinished: expect.stringContaining('no ACTION_TYPE') });
});

test('the first decision counts', () => {
  const said = `It is done: 5.\n\nACTION_TYPE: complete\nREASONING: the page said\n${block('mail__send')}`;
  expect(read(said)).toEqual({ call: undefined, calls: 0, unfinished: undefined, words: 'It is done: 5.' });
});

test('half a decision is none', () => {
  expect(read(block('a__b'), 'length')).toMatchObject({ calls: 0, unfinished: expect.stringContaining('cut') });
});

test('long answers are read in time that grows with their length', () => {
  for (const odd of [' ', '`', '"', '[', '\n', '* ', '#', '```\n']) {
    const began = performance.now();
    read(`${odd.repeat(200_000)}ACTION_TYPE: ${odd.repeat(200_000)}\nSELECTED_TOOL: ${odd.repeat(200_000)}x`);
    expect(performance.now() - began, JSON.stringify(odd)).toBeLessThan(2_000);
  }
});
