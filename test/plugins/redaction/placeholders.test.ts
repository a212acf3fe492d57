import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openRedactor } from './open-redaction.ts';
import { PLANTS } from './plants.ts';

const open = await openRedactor();

test('one value has one placeholder throughout a run, in all its spellings', () => {
  const redaction = open();
  expect(
    redaction.value([
      'write to Ada.Lovelace@Example.org',
      { to: 'ada.lovelace＠example．org', cc: 'ada.lovelace [at] example [dot] org' },
      'mailto:ada.lovelace%40example.org',
      '13812345678 = +86 138-1234-5678 = 138 1234 5678',
      String.raw`C:\Users\ada\x and C:/Users/ada/y`,
    ]),
  ).toEqual([
    'write to <EMAIL_1>',
    { to: '<EMAIL_1>', cc: '<EMAIL_1>' },
    'mailto:<EMAIL_1>',
    '<PHONE_1> = <PHONE_1> = <PHONE_1>',
    String.raw`<HOME_PATH_1>\x and <HOME_PATH_1>/y`,
  ]);
  expect(redaction.text('again ada.lovelace@example.org, and grace@example.org')).toBe(
    'again <EMAIL_1>, and <EMAIL_2>',
  );
  expect(redaction.counts).toEqual({ EMAIL: 2, PHONE: 1, HOME_PATH: 1 });
  // Another run begins anew.
  expect(open().text('grace@example.org')).toBe('<EMAIL_1>');
});

test('a secret that a name gives away goes where it stands bare, before and after', () => {
  const redaction = open('secrets');
  expect(
    redaction.value({
      thought: 'I will try swordfish-77 first',
      calls: [{ args: { user: 'ada', password: 'swordfish-77' } }],
      result: 'denied for swordfish-77; cut -d swordfish-779',
      link: 'https://example.com/?p=swordfish%2D77',
      header: `X: ${Buffer.from('ada:swordfish-77 and more').toString('base64')}`,
    }),
  ).toEqual({
    thought: 'I will try <PASSWORD_1> first',
    calls: [{ args: { user: 'ada', password: '<PASSWORD_1>' } }],
    result: 'denied for <PASSWORD_1>; cut -d swordfish-779',
    link: 'https://example.com/?p=<PASSWORD_1>',
    header: expect.not.stringContaining(Buffer.from('ada:swordfish-77').toString('base64')),
  });
  expect(redaction.text('later: swordfish-77')).toBe('later: <PASSWORD_1>');
});

test('values under telling names go as a whole; what describes them stays', () => {
  const value = {
    password: 'two words',
    pin: 4821,
    credentials: { user: 'u1', list: ['k-1', 'k-2'] },
    headers: [
      { name: 'X-Api-Key', value: 'a1b2c3' },
      { name: 'Accept', value: 'text/html' },
    ],
    field: { selector: '#login-password', text: 'Lim0ncello' },
    登录密码: '东风',
    tokens: 12,
    max_token: 5,
    inputSchema: { properties: { password: { type: 'string', description: 'The password of the user' } } },
    nextPageToken: 'CAUQAA',
  };
  expect(open('secrets').value(value)).toEqual({
    ...value,
    password: '<PASSWORD_1>',
    pin: '<PASSWORD_2>',
    credentials: { user: '<SECRET_1>', list: ['<SECRET_2>', '<SECRET_3>'] },
    headers: [
      { name: 'X-Api-Key', value: '<API_KEY_1>' },
      { name: 'Accept', value: 'text/html' },
    ],
    field: { selector: '#login-password', text: '<PASSWORD_3>' },
    登录密码: '<PASSWORD_4>',
  });
});

test('names of members are texts too, and two that come out the same are both kept', () => {
  expect(open().value({ 'ada@example.org': 1, 'Ada@example.org': 2, n: 13812345678 })).toEqual({
    '<EMAIL_1>': 1,
    '<EMAIL_1> (2)': 2,
    n: '<PHONE_1>',
  });
});

test('what has nothing to hide comes back as the same object and the same string', () => {
  const value = { a: ['flight HAT136', { b: 'M05KNL' }], c: 1 };
  const redaction = open();
  expect(redaction.value(value)).toBe(value);
  const text = 'nothing to see';
  expect(redaction.text(text)).toBe(text);
  expect(redaction.counts).toEqual({});
});

test('placeholders of an earlier pass keep their numbers to themselves', () => {
  const redaction = open();
  expect(redaction.text('<EMAIL_1> wrote to <EMAIL_7> and ada@example.org')).toBe(
    '<EMAIL_1> wrote to <EMAIL_7> and <EMAIL_8>',
  );
  expect(open().text('password: <PASSWORD_1>, Authorization: Bearer <TOKEN_2>')).toBe(
    'password: <PASSWORD_1>, Authorization: Bearer <TOKEN_2>',
  );
});

test('a JSON text remains one, also where numbers go', () => {
  const json = '{"phone": 13812345678, "list": [4155550199, 13812345678], "password": 123456, "n": 1.0}';
  const nested = JSON.stringify({ arguments: JSON.stringify({ phone: 13812345678 }) });
  expect(JSON.parse(open().text(json))).toMatchObject({ phone: '<PHONE_1>', password: '<PASSWORD_1>', n: 1 });
  expect(open().text(json)).toContain('"n": 1.0');
  expect(JSON.parse(JSON.parse(open().text(nested)).arguments)).toEqual({ phone: '<PHONE_1>' });
});

test('deep data is cut, not overrun', () => {
  let deep: unknown = 'ada@example.org';
  for (let n = 0; n < 100_000; n++) deep = [deep];
  expect(JSON.stringify(open().value(deep))).toContain('<TOO_DEEP_1>');
});

test('any text: redacting twice is redacting once, JSON stays JSON, planted values are gone', () => {
  const plants = fc.constantFrom(...PLANTS);
  const noise = fc.oneof(
    fc.string({ maxLength: 30, unit: 'grapheme' }),
    fc.constantFrom(
      '\n',
      '": "',
      "', '",
      '\\n',
      'password=',
      '密码：',
      ' at ',
      '<a>',
      '//',
      '%20',
      '\\u0041',
      '{"a":1}',
    ),
  );
  fc.assert(
    fc.property(
      fc.array(noise, { maxLength: 6 }),
      plants,
      fc.array(noise, { maxLength: 6 }),
      (before, { text }, after) => {
        const whole = `${before.join(' ')} ${text}\n${after.join(' ')}`;
        const once = open().text(whole);
        expect(open().text(once)).toBe(once);
        const json = JSON.stringify({ a: whole, b: [whole] });
        expect(() => JSON.parse(open().text(json))).not.toThrow();
      },
    ),
    { numRuns: 300 },
  );
});
