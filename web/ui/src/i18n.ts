// Texts: flat JSON catalogues, plural forms by Intl.PluralRules, placeholders in braces.

/** The languages the pages speak. */
export type Locale = 'fr' | 'en';
export const locales: readonly Locale[] = ['fr', 'en'];

/** A text, or its forms by the plural category of `{count}`; `other` is always there. */
export type Text = string | (Readonly<Partial<Record<Intl.LDMLPluralRule, string>>> & { readonly other: string });
export type Catalogue = Readonly<Record<string, Text>>;
export type Values = Readonly<Record<string, string | number>>;

export interface Translator<Key extends string = string> {
  readonly locale: Locale;
  /** The text of `key`, placeholders filled, numbers written the language's way. */
  t(key: Key, values?: Values): string;
  /** The text of `key` with its placeholders, in the plural form for `count`. */
  template(key: Key, count?: unknown): string;
  /** A value as it stands in a text. */
  write(value: string | number): string;
}

/** The first language of the list that the pages speak, else French. */
export function chooseLocale(wanted: readonly (string | null | undefined)[]): Locale {
  for (const tag of wanted) {
    const language = tag?.toLowerCase().split('-')[0];
    if (language === 'fr' || language === 'en') return language;
  }
  return 'fr';
}

export function createTranslator<Key extends string>(
  locale: Locale,
  catalogue: Readonly<Record<Key, Text>>,
): Translator<Key> {
  const plurals = new Intl.PluralRules(locale);
  const numbers = new Intl.NumberFormat(locale);

  const template = (key: Key, count?: unknown): string => {
    const text: Text = catalogue[key] ?? key;
    if (typeof text === 'string') return text;
    return (typeof count === 'number' ? text[plurals.select(count)] : undefined) ?? text.other;
  };
  const write = (value: string | number): string => (typeof value === 'number' ? numbers.format(value) : value);

  return {
    locale,
    template,
    write,
    t(key, values = {}) {
      return template(key, values['count']).replace(/\{(\w+)\}/g, (placeholder, name: string) => {
        const value = values[name];
        return value === undefined ? placeholder : write(value);
      });
    },
  };
}

/** As the translator's `t`, but a placeholder may be anything (an element): the pieces, in order. */
export function piecesOf<Key extends string, T>(
  { template, write }: Pick<Translator<Key>, 'template' | 'write'>,
  key: Key,
  values: Readonly<Record<string, string | number | T>>,
): (string | T)[] {
  // Splitting on a capturing group alternates text and placeholder names.
  return template(key, values['count'])
    .split(/\{(\w+)\}/)
    .map((part, index) => {
      if (index % 2 === 0) return part;
      const value = values[part];
      if (value === undefined) return `{${part}}`;
      return typeof value === 'number' ? write(value) : value;
    })
    .filter((part) => part !== '');
}
