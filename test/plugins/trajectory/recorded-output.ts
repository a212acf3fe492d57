/** What the step with this number says: some short, some long enough to be stored by hash, no two alike. */
export const outputOf = (run: string, index: number): { readonly text: string } => ({
  text: `${run} ${index} `.repeat(index % 5 === 0 ? 1 + ((index * 7) % 300) : 2),
});
