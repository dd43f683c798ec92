// The words that requests are sorted by, as the reader reads them.
import { useDesk } from '../desk.ts';
import { useText } from '../texts.ts';

const usual = ['general', 'technical', 'billing', 'delivery', 'product', 'complaint', 'suggestion'] as const;

export interface NamedCategory {
  readonly id: string;
  readonly name: string;
}

/** Those that a request may take; the usual ones until the organisation's own are there. */
export function useCategories(): readonly NamedCategory[] {
  const { categories } = useDesk();
  const { locale, t } = useText();
  const own = categories.value.value;
  if (own === null) return usual.map((id) => ({ id, name: t(`category.${id}`) }));
  return own.filter(({ active }) => active).map(({ id, names }) => ({ id, name: names[locale] || id }));
}

/** The name of any of them, also of one that is not used any more. */
export function useCategoryName(): (id: string) => string {
  const { categories } = useDesk();
  const { locale, t } = useText();
  return (id) => {
    const own = categories.value.value?.find((category) => category.id === id);
    if (own !== undefined) return own.names[locale] || id;
    const known = usual.find((word) => word === id);
    return known === undefined ? id.replaceAll('_', ' ') : t(`category.${known}`);
  };
}
