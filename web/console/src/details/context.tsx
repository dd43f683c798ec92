// What the integrator told of the case: vehicle, order, and whatever else is simple enough to show.
import type { SupportRequest } from '@guichet/sdk';
import { Icon, icons } from '@guichet/ui';
import { useText } from '../texts.ts';

/** Other systems' ids that the request is about. */
const referenceKeys = ['order_id', 'appointment_id', 'warranty_id', 'claim_id'] as const;

type Fields = Readonly<Record<string, unknown>>;

export function Context({ request }: { readonly request: SupportRequest }) {
  const { t, locale } = useText();
  const vehicle = fieldsOf(request.metadata['vehicle']);
  const order = fieldsOf(request.metadata['order']);
  const references = referenceKeys.flatMap((key) => {
    const id = request.context[key];
    return id === null ? [] : [{ key: t(`reference.${key}`), words: id }];
  });
  const extra = Object.entries(request.metadata).flatMap(([key, value]) => {
    const words = plain(value);
    return key === 'vehicle' || key === 'order' || words === '' ? [] : [{ key: key.replaceAll('_', ' '), words }];
  });
  const others = [...references, ...extra];
  const car = vehicle === undefined ? '' : join(vehicle['brand'], vehicle['model']);
  const reference = order === undefined ? '' : plain(order['reference']) || plain(order['id']);
  const hasVehicle = vehicle !== undefined && (car !== '' || plain(vehicle['license_plate']) !== '');
  const hasOrder = reference !== '';
  if (!hasVehicle && !hasOrder && others.length === 0) return null;

  return (
    <section>
      <h2 class="section">{t('details.context')}</h2>
      <div class="context">
        {hasVehicle && (
          <p>
            <Icon path={icons.car} />
            <b class="truncate">{car || t('details.vehicle')}</b>
            {plain(vehicle['license_plate']) !== '' && <span class="plate">{plain(vehicle['license_plate'])}</span>}
            {plain(vehicle['year']) !== '' && <span class="meta">{plain(vehicle['year'])}</span>}
          </p>
        )}
        {hasOrder && (
          <p>
            <Icon path={icons.box} />
            <b class="truncate">{reference}</b>
            {order?.['total'] !== undefined && <span class="number">{amount(order, locale)}</span>}
          </p>
        )}
        {others.length > 0 && (
          <dl class="extra">
            {others.map(({ key, words }) => (
              <div key={key}>
                <dt class="truncate" title={key}>{key}</dt>
                <dd>{words}</dd>
              </div>
            ))}
          </dl>
        )}
      </div>
    </section>
  );
}

function fieldsOf(value: unknown): Fields | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
}

/** Text and numbers as they are; anything that has parts is not for this place. */
function plain(value: unknown): string {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : '';
}

function join(...values: readonly unknown[]): string {
  return values.map(plain).filter(Boolean).join(' ');
}

function amount(order: Fields, locale: string): string {
  const total = order['total'];
  if (typeof total !== 'number') return plain(total);
  const currency = order['currency'];
  const known = typeof currency === 'string' && /^[A-Z]{3}$/.test(currency);
  return new Intl.NumberFormat(locale, known ? { style: 'currency', currency } : { minimumFractionDigits: 2, maximumFractionDigits: 2 }).format(total);
}
