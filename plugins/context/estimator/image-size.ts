/** JPEG keeps its size behind the camera's data, which may be long. */
const HEAD_BYTES = 65_536;

/** Width and height in pixels of a PNG, GIF, WebP or JPEG in base64; undefined for what is none of them, or broken. */
export function imageSize(base64: string): { width: number; height: number } | undefined {
  const head = Buffer.from(base64.slice(0, Math.ceil(HEAD_BYTES / 3) * 4), 'base64');
  try {
    const size = sizeIn(head);
    return size && size.width > 0 && size.height > 0 ? size : undefined;
  } catch {
    // Reading beyond the end: cut off.
    return undefined;
  }
}

function sizeIn(head: Buffer): { width: number; height: number } | undefined {
  if (head.readUInt32BE(0) === 0x89504e47) return { width: head.readUInt32BE(16), height: head.readUInt32BE(20) };
  if (head.toString('latin1', 0, 4) === 'GIF8') return { width: head.readUInt16LE(6), height: head.readUInt16LE(8) };
  if (head.toString('latin1', 8, 12) === 'WEBP') return webp(head);
  if (head.readUInt16BE(0) === 0xffd8) return jpeg(head);
  return undefined;
}

function webp(head: Buffer): { width: number; height: number } | undefined {
  switch (head.toString('latin1', 12, 16)) {
    case 'VP8 ':
      return { width: head.readUInt16LE(26) & 0x3fff, height: head.readUInt16LE(28) & 0x3fff };
    case 'VP8L': {
      const bits = head.readUInt32LE(21);
      return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
    }
    case 'VP8X':
      return { width: head.readUIntLE(24, 3) + 1, height: head.readUIntLE(27, 3) + 1 };
    default:
      return undefined;
  }
}

/** Goes from marker to marker until a frame header (SOF0 to SOF15, but DHT, JPG and DAC) tells the size. */
function jpeg(head: Buffer): { width: number; height: number } | undefined {
  let at = 2;
  while (head[at] === 0xff) {
    const marker = head[at + 1]!;
    if (marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc)
      return { height: head.readUInt16BE(at + 5), width: head.readUInt16BE(at + 7) };
    at += 2 + head.readUInt16BE(at + 2);
  }
  return undefined;
}
