const MOST_PARTS = 100_000;
type Part = Readonly<Record<string, unknown>>;

/**
 * Each `$ref` written out, a schema may have too many parts: references that double at each level make exponential
 * work of a small text. A reference back to where we are counts nothing: it ends with the value that is checked.
 */
export function expansionProblem(root: Part): string | undefined {
  const named = new Map<string, unknown>();
  collect(root, named);
  const sizes = new Map<object, number>();
  const size = (node: unknown): number => {
    if (typeof node !== 'object' || node === null) return 0;
    const known = sizes.get(node);
    if (known !== undefined) return known;
    sizes.set(node, 0);
    let sum = 1;
    for (const [key, inner] of Object.entries(node)) {
      if (REFERENCES.has(key) && typeof inner === 'string') sum += size(target(inner, root, named));
      else if (key !== '$defs' && key !== 'definitions') sum += size(inner);
    }
    sizes.set(node, sum);
    return sum;
  };
  try {
    return size(root) > MOST_PARTS
      ? `inputSchema has more than ${MOST_PARTS} parts, its references written out`
      : undefined;
  } catch {
    return 'inputSchema has too long a chain of references';
  }
}

const REFERENCES = new Set(['$ref', '$dynamicRef', '$recursiveRef']);

/** Parts that have names of their own, by the reference that means them. */
function collect(node: unknown, named: Map<string, unknown>): void {
  if (typeof node !== 'object' || node === null) return;
  const { $anchor, $dynamicAnchor, $id } = node as Part;
  for (const anchor of [$anchor, $dynamicAnchor]) if (typeof anchor === 'string') named.set(`#${anchor}`, node);
  if (typeof $id === 'string') named.set($id, node);
  for (const inner of Object.values(node)) collect(inner, named);
}

function target(reference: string, root: Part, named: ReadonlyMap<string, unknown>): unknown {
  if (reference === '#') return root;
  if (!reference.startsWith('#/')) return named.get(reference);
  let found: unknown = root;
  for (const part of reference.slice(2).split('/')) {
    const key = decoded(part).replaceAll('~1', '/').replaceAll('~0', '~');
    found = typeof found === 'object' && found !== null && Object.hasOwn(found, key) ? (found as Part)[key] : undefined;
  }
  return found;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
