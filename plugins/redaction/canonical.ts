import { decoded } from './views.ts';

/** One text for all spellings of a value, so that all have one placeholder. */
export function canonical(value: string, kind: string): string {
  const said = decoded(value);
  switch (kind) {
    case 'EMAIL':
      return said
        .toLowerCase()
        .replace(/\s*(?:[[({<]\s*(?:at|@|艾特)\s*[\])}>]|\sat\s)\s*/g, '@')
        .replace(/\s*(?:[[({<]\s*(?:dot|点|\.)\s*[\])}>]|\sdot\s)\s*/g, '.')
        .replaceAll(' ', '');
    case 'PHONE':
      return said
        .replace(/\D/g, '')
        .replace(/^00/, '')
        .replace(/^86(?=1\d{10}$)/, '')
        .replace(/^1(?=[2-9]\d{9}$)/, /^\+?1[^\d]|^\+1/.test(said) ? '' : '1');
    case 'CREDIT_CARD':
    case 'BANK_ACCOUNT':
    case 'IBAN':
    case 'NATIONAL_ID':
      return said.replace(/[\s-]/g, '').toUpperCase();
    case 'HOME_PATH':
      return said.replace(/[\\/]+/g, '/');
    default:
      return said;
  }
}
