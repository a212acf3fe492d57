import { expect, test } from 'vitest';
import { openRedactor } from './open-redaction.ts';
import { PLANTS } from './plants.ts';

const open = await openRedactor();

test('sixty and more planted values of both languages are gone, in arguments, results and thoughts', () => {
  expect(PLANTS.length).toBeGreaterThanOrEqual(60);
  const left = PLANTS.flatMap(({ text, gone, all }) => {
    const run = {
      request: '请看一下 / please look',
      messages: [
        { role: 'assistant', text: '', reasoning: `想一想: ${text}` },
        { role: 'assistant', text: '', calls: [{ id: 'c1', tool: { name: 'run' }, args: { input: [text] } }] },
        { role: 'tool', text: JSON.stringify({ ok: true, output: text }), answers: 'c1' },
      ],
    };
    const redacted = open(all ? 'all' : 'secrets').value(run);
    const said = [
      redacted.messages[0]!.reasoning,
      redacted.messages[1]!.calls![0]!.args.input[0],
      redacted.messages[2]!.text,
    ];
    // The result is a JSON text still.
    expect(JSON.parse(said[2]!)).toMatchObject({ ok: true });
    return said.flatMap((one) => gone.filter((value) => one!.includes(value)).map((value) => `${value} in ${one}`));
  });
  expect(left).toEqual([]);
});

test('what stands alone in a text goes as well, and what was redacted stays as it is', () => {
  for (const { text, gone, all } of PLANTS) {
    const once = open(all ? 'all' : 'secrets').text(text);
    for (const value of gone) expect(once).not.toContain(value);
    const whole = open('all').text(text);
    expect(open('all').text(whole)).toBe(whole);
    expect(open('secrets').text(whole)).toBe(whole);
  }
});

test('level secrets leaves people alone, level all does not, and the options say which is used', async () => {
  const text = 'ada@example.org, +44 20 7946 0958, /home/ada, password=Lim0ncello';
  expect(open('secrets').text(text)).toBe('ada@example.org, +44 20 7946 0958, /home/ada, password=<PASSWORD_1>');
  expect(open().text(text)).toBe('<EMAIL_1>, <PHONE_1>, <HOME_PATH_1>, password=<PASSWORD_1>');
  expect((await openRedactor({ level: 'secrets' }))().text(text)).toContain('ada@example.org');
});
