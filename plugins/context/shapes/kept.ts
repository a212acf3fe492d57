/** Members of a provider's message, part, call or result that the message model has no place for. */
export type Members = Readonly<Record<string, unknown>>;
export type Provider = 'openai' | 'anthropic';

/** Under this member stands how something was written where there are several ways, so that it can be written so again. */
export const FORM = '$form';
/** In what is kept of a call: what is kept of its result. */
export const RESULT = '$result';

interface Keeper {
  readonly extra?: Members;
}

const NONE: Members = {};
const membersIn = (of: unknown): Members => (typeof of === 'object' && of !== null ? (of as Members) : NONE);

/** What is kept for a provider: members to write as they are, and the form. */
export function keptOf(of: Keeper, provider: Provider): { readonly members: Members; readonly form: Members } {
  const { [FORM]: form, [RESULT]: _, ...members } = membersIn(of.extra?.[provider]);
  return { members, form: membersIn(form) };
}

export function keptOfResult(of: Keeper, provider: Provider): { readonly members: Members; readonly form: Members } {
  const { [FORM]: form, ...members } = membersIn(membersIn(of.extra?.[provider])[RESULT]);
  return { members, form: membersIn(form) };
}

/** The record to keep; empty where there is nothing to. */
export function record(members: Members, form: Members): Members {
  const given = Object.fromEntries(Object.entries(form).filter(([, value]) => value !== undefined));
  return Object.keys(given).length === 0 ? members : { ...members, [FORM]: given };
}

/** To be spread into a message or a part. */
export const extraOf = (provider: Provider, kept: Members): { readonly extra?: Members } =>
  Object.keys(kept).length === 0 ? {} : { extra: { [provider]: kept } };

/** Whether something was written with nothing but what the model has a place for. */
export const isPlain = (of: Keeper, provider: Provider): boolean =>
  Object.keys(membersIn(of.extra?.[provider])).length === 0;
