import type { MediaPart } from '../message.ts';
import { imageSize } from './image-size.ts';
import type { Tokenizer } from './tokenizers.ts';

/** An image whose size cannot be read is taken for one of this size, a document for one of so many pages. */
const UNKNOWN_SIZE = { width: 1024, height: 1024 };
const UNKNOWN_PAGES = 4;
const BYTES_PER_PAGE = 50_000;
const TOKENS_PER_PAGE = 2_000;
/** Sound: about 25 tokens for a second of 16 kB. */
const BYTES_PER_SECOND = 16_000;
const TOKENS_PER_SECOND = 25;
const UNKNOWN_SECONDS = 30;

/** By the rule of the provider whose tokenizer it is; the length in base64 says nothing of an image's tokens. */
export function mediaTokens({ mediaType, data }: MediaPart, tokenizer: Tokenizer): number {
  const bytes = data === undefined ? undefined : Buffer.byteLength(data, 'base64');
  if (mediaType.startsWith('image/'))
    return imageTokens((data === undefined ? undefined : imageSize(data)) ?? UNKNOWN_SIZE, tokenizer);
  if (mediaType.startsWith('audio/') || mediaType.startsWith('video/'))
    return Math.ceil((bytes === undefined ? UNKNOWN_SECONDS : bytes / BYTES_PER_SECOND) * TOKENS_PER_SECOND);
  return (pagesOf(data) || Math.ceil(bytes === undefined ? UNKNOWN_PAGES : bytes / BYTES_PER_PAGE)) * TOKENS_PER_PAGE;
}

/** Pages that a PDF lists openly; 0 where it keeps them in packed streams, and for other documents. */
function pagesOf(base64: string | undefined): number {
  if (!base64?.startsWith('JVBERi')) return 0;
  return (
    Buffer.from(base64, 'base64')
      .toString('latin1')
      .match(/\/Type\s*\/Page(?!s)/g)?.length ?? 0
  );
}

function imageTokens({ width, height }: { width: number; height: number }, tokenizer: Tokenizer): number {
  switch (tokenizer) {
    case 'claude2': {
      // Anthropic: width x height / 750, after the longer edge was brought down to 1568.
      const scale = Math.min(1, 1568 / Math.max(width, height));
      return Math.min(1_600, Math.ceil((width * height * scale * scale) / 750));
    }
    case 'gemma2':
      // Gemini: 258 for a small image, else for each tile of 768.
      return width <= 384 && height <= 384 ? 258 : 258 * Math.ceil(width / 768) * Math.ceil(height / 768);
    case 'qwen3':
      // Qwen-VL: a token for each 28 x 28.
      return Math.min(16_384, Math.max(4, Math.ceil(width / 28) * Math.ceil(height / 28)));
    default: {
      // OpenAI: into 2048 x 2048, the shorter edge down to 768, then 85 and 170 for each tile of 512.
      const fit = Math.min(1, 2048 / Math.max(width, height));
      const scale = fit * Math.min(1, 768 / (Math.min(width, height) * fit));
      return 85 + 170 * Math.ceil((width * scale) / 512) * Math.ceil((height * scale) / 512);
    }
  }
}
