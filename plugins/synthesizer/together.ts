/** Runs works side by side; where one fails the others are told to end, and waited for. Throws what failed first. */
export async function together(
  signal: AbortSignal,
  ...works: readonly ((signal: AbortSignal) => Promise<void>)[]
): Promise<void> {
  const failing = new AbortController();
  const until = AbortSignal.any([signal, failing.signal]);
  let failed: { readonly error: unknown } | undefined;
  await Promise.all(
    works.map((work) =>
      work(until).catch((error: unknown) => {
        failed ??= { error };
        failing.abort(error);
      }),
    ),
  );
  if (failed !== undefined) throw failed.error;
}
