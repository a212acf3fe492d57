/**
 * Is there a choice under a repetition, as in `(a|a)*`? Its branches may fit the same text, which takes exponential
 * time; whether they do is not looked at.
 */
export function repeatsChoice(pattern: string): boolean {
  const choices: boolean[] = [false];
  let inSet = false;
  for (let at = 0; at < pattern.length; at++) {
    const char = pattern[at];
    if (char === '\\') at++;
    else if (inSet) inSet = char !== ']';
    else if (char === '[') inSet = true;
    else if (char === '(') choices.push(false);
    else if (char === '|') choices[choices.length - 1] = true;
    else if (char === ')' && choices.length > 1) {
      const choice = choices.pop() === true;
      if (choice && /[*+{]/.test(pattern[at + 1] ?? '')) return true;
      // A group around a group with a choice repeats that choice too.
      if (choice) choices[choices.length - 1] = true;
    }
  }
  return false;
}
