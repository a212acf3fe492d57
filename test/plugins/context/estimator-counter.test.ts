import { deflateSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import {
  estimateTokens,
  type MediaPart,
  type Message,
  type MessageCounter,
  type Part,
  TokenCounter,
} from '#plugins/context/api';
import { tokenizerOf } from '#plugins/context/estimator/tokenizers';

const message = (...parts: Part[]): Message => ({ id: 'm', role: 'user', at: 0, parts });

describe('TokenCounter', () => {
  const counter: MessageCounter = new TokenCounter();

  test('counts the texts of a message, and 4 for the message', () => {
    const parts: Part[] = [
      { type: 'text', text: 'What is in this folder?' },
      { type: 'reasoning', text: 'I should look.', signature: 'x'.repeat(500) },
    ];
    expect(counter.message(message(...parts))).toBe(
      4 + estimateTokens('What is in this folder?') + estimateTokens('I should look.'),
    );
    expect(counter.message(message())).toBe(4);
    expect(counter.messages([])).toBe(0);
  });

  test('counts name, arguments and output of a call, and 10 for the call', () => {
    const call: Part = { type: 'tool', call: 'c1', name: 'list_files', args: '{"path":"/tmp"}', state: 'pending' };
    const before = 14 + estimateTokens('list_files') + estimateTokens('{"path":"/tmp"}');
    expect(counter.message(message(call))).toBe(before);
    const output = 'a.txt\nb.txt\n'.repeat(200);
    expect(counter.message(message({ ...call, state: 'done', output }))).toBe(before + estimateTokens(output));
  });

  test('keeps the tokenizers of two counters apart', () => {
    const text = '今天天气很好，我们去公园散步吧。'.repeat(20);
    const [gpt4o, gpt4] = [new TokenCounter({ tokenizer: 'o200k' }), new TokenCounter({ tokenizer: 'cl100k' })];
    expect(gpt4.text(text)).toBeGreaterThan(1.2 * gpt4o.text(text));
    expect(gpt4o.text(text)).toBe(estimateTokens(text, 'o200k'));
    expect(gpt4.text(text)).toBe(estimateTokens(text, 'cl100k'));
  });
});

describe('media', () => {
  const png = (width: number, height: number, padding = 0): string => {
    const header = Buffer.alloc(24);
    header.writeUInt32BE(0x89504e47, 0);
    header.writeUInt32BE(0x0d0a1a0a, 4);
    header.writeUInt32BE(13, 8);
    header.write('IHDR', 12, 'latin1');
    header.writeUInt32BE(width, 16);
    header.writeUInt32BE(height, 20);
    return Buffer.concat([header, deflateSync(Buffer.alloc(10)), Buffer.alloc(padding, 7)]).toString('base64');
  };
  const tokens = (tokenizer: Parameters<typeof estimateTokens>[1] & string, part: Omit<MediaPart, 'type'>) =>
    new TokenCounter({ tokenizer }).message(message({ type: 'media', ...part })) - 4;

  test('an image costs what the provider charges for its size, however long it is in base64', () => {
    const small = png(1024, 1024);
    const large = png(1024, 1024, 3_000_000);
    expect(tokens('o200k', { mediaType: 'image/png', data: small })).toBe(85 + 4 * 170);
    expect(tokens('o200k', { mediaType: 'image/png', data: large })).toBe(85 + 4 * 170);
    expect(tokens('claude2', { mediaType: 'image/png', data: large })).toBe(Math.ceil((1024 * 1024) / 750));
    expect(tokens('claude2', { mediaType: 'image/png', data: png(8000, 6000) })).toBe(1_600);
    expect(tokens('gemma2', { mediaType: 'image/png', data: png(300, 200) })).toBe(258);
    expect(tokens('qwen3', { mediaType: 'image/png', data: png(280, 280) })).toBe(100);
  });

  test('reads GIF, JPEG and WebP, too', () => {
    const gif = Buffer.alloc(10);
    gif.write('GIF89a', 'latin1');
    gif.writeUInt16LE(280, 6);
    gif.writeUInt16LE(140, 8);
    const jpeg = Buffer.concat([
      Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 16]),
      Buffer.alloc(14),
      Buffer.from([0xff, 0xc2, 0, 17, 8, 0, 140, 1, 24, 3]),
    ]);
    const webp = Buffer.alloc(30);
    webp.write('RIFF', 0, 'latin1');
    webp.write('WEBPVP8X', 8, 'latin1');
    webp.writeUIntLE(279, 24, 3);
    webp.writeUIntLE(139, 27, 3);
    for (const [mediaType, bytes] of [
      ['image/gif', gif],
      ['image/jpeg', jpeg],
      ['image/webp', webp],
    ] as const)
      expect(tokens('qwen3', { mediaType, data: bytes.toString('base64') }), mediaType).toBe(50);
  });

  test('what cannot be read, or is not here, costs what a middling one does', () => {
    const middling = tokens('o200k', { mediaType: 'image/png', url: 'https://example.org/a.png' });
    expect(middling).toBe(85 + 4 * 170);
    for (const data of ['', 'AAAA', 'not base64 at all', png(1, 1).slice(0, 20), png(0, 0)])
      expect(tokens('o200k', { mediaType: 'image/png', data })).toBe(middling);
  });

  test('a document costs by its pages, a sound by its length', () => {
    const pdf = (pages: number) =>
      Buffer.from(`%PDF-1.4\n${'<< /Type /Page /Parent 2 0 R >>\n'.repeat(pages)}<< /Type /Pages >>`);
    expect(tokens('claude2', { mediaType: 'application/pdf', data: pdf(3).toString('base64') })).toBe(6_000);
    expect(tokens('claude2', { mediaType: 'application/pdf', data: Buffer.alloc(500_000).toString('base64') })).toBe(
      20_000,
    );
    expect(tokens('o200k', { mediaType: 'audio/mp3', data: Buffer.alloc(160_000).toString('base64') })).toBe(250);
  });
});

test.for([
  ['gpt-4o-mini', 'o200k'],
  ['gpt-5', 'o200k'],
  ['openai/gpt-oss-120b', 'o200k'],
  ['o3-mini', 'o200k'],
  ['openai/o1', 'o200k'],
  ['gpt-4.1', 'o200k'],
  ['gpt-4-turbo', 'cl100k'],
  ['gpt-3.5-turbo-0125', 'cl100k'],
  ['claude-3-5-sonnet-20241022', 'claude2'],
  ['anthropic/claude-opus-4', 'claude2'],
  ['Qwen/Qwen3-32B', 'qwen3'],
  ['qwq-32b', 'qwen3'],
  ['deepseek-r1-distill-qwen-7b', 'qwen3'],
  ['deepseek-r1-distill-llama-70b', 'llama3'],
  ['meta-llama/Llama-3.1-8B-Instruct', 'llama3'],
  ['accounts/fireworks/models/llama-v3p1-70b', 'llama3'],
  ['deepseek-chat', 'deepseek'],
  ['gemini-2.0-flash', 'gemma2'],
  ['google/gemma-2-9b', 'gemma2'],
  ['my-own-model', 'o200k'],
  ['', 'o200k'],
] as const)('%s is counted as %s', ([model, tokenizer]) => {
  expect(tokenizerOf(model)).toBe(tokenizer);
});
