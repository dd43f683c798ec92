// When the organisation works: stretches of each day, and the days on which nobody does.
import { useId, useState } from 'preact/hooks';
import type { BusinessHours } from '@guichet/sdk';
import { Button, IconButton, icons } from '@guichet/ui';
import { useDesk } from '../desk.ts';
import { Check, GeneralProblem, TextField, useSubmission } from '../shell/form.tsx';
import { toast } from '../shell/toasts.tsx';
import { useText } from '../texts.ts';
import { Loaded, useFetched } from './page.tsx';

const days = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'] as const;
type Day = (typeof days)[number];
type Stretch = NonNullable<BusinessHours['week']>[number];

export function HoursPage() {
  const { settings } = useDesk();
  const hours = useFetched(() => settings.hours());
  return <Loaded from={hours}>{(value) => <HoursForm hours={value} onSaved={(saved) => hours.set(saved)} />}</Loaded>;
}

function HoursForm({ hours, onSaved }: { readonly hours: BusinessHours; readonly onSaved: (hours: BusinessHours) => void }) {
  const { t, time } = useText();
  const { settings } = useDesk();
  const form = useSubmission(['time_zone', 'week', 'holidays']);
  const zones = useId();
  const [enabled, setEnabled] = useState(hours.enabled);
  const [zone, setZone] = useState(hours.time_zone ?? '');
  const [week, setWeek] = useState<readonly Stretch[]>(hours.week ?? []);
  const [holidays, setHolidays] = useState<readonly string[]>(hours.holidays ?? []);
  const [holiday, setHoliday] = useState('');
  const save = () =>
    form.submit(async () => {
      onSaved(await settings.setHours({ enabled, time_zone: zone.trim() === '' ? null : zone.trim(), week: [...week], holidays: [...holidays] }));
      toast({ text: t('settings.saved') });
    });
  const enable = (on: boolean) => {
    setEnabled(on);
    // A calendar without an hour would let no deadline ever pass.
    if (on && week.length === 0) setWeek(days.slice(0, 5).map((day) => ({ day, from: '09:00', to: '18:00' })));
  };
  const set = (at: number, change: Partial<Stretch>) => setWeek(week.map((one, index) => (index === at ? { ...one, ...change } : one)));
  const add = (day: Day) => {
    const last = week.findLast((one) => one.day === day);
    setWeek([...week, last === undefined ? { day, from: '09:00', to: '18:00' } : { day, from: last.to, to: '18:00' }]);
  };
  // The second of January 2023 was a Monday.
  const nameOf = (day: Day) => new Intl.DateTimeFormat(time.format({}).resolvedOptions().locale, { weekday: 'long', timeZone: 'UTC' }).format(new Date(Date.UTC(2023, 0, 2 + days.indexOf(day))));
  const dayFormat = new Intl.DateTimeFormat(time.format({}).resolvedOptions().locale, { dateStyle: 'long', timeZone: 'UTC' });
  const wrong = form.problem.fields;
  return (
    <form
      class="stack card-form"
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <Check checked={enabled} onCheck={enable} hint={t('hours.enabled_hint')}>
        {t('hours.enabled')}
      </Check>
      {/* What does not count is not kept by the server, and so not shown. */}
      {enabled && (
        <>
          <TextField label={t('organization.zone')} optional value={zone} onValue={setZone} list={zones} error={wrong['time_zone']} hint={t('hours.zone_hint')} />
          <datalist id={zones}>
            {Intl.supportedValuesOf('timeZone').map((one) => (
              <option key={one} value={one} />
            ))}
          </datalist>
          <h2>{t('hours.week')}</h2>
          {wrong['week'] !== undefined && <p class="inline-error">{wrong['week']}</p>}
          <ul class="week" role="list">
            {days.map((day) => (
              <li key={day}>
                <b>{nameOf(day)}</b>
                <div class="stretches">
                  {week.every((one) => one.day !== day) && <span class="meta">{t('hours.closed')}</span>}
                  {week.map((one, index) =>
                    one.day !== day ? null : (
                      <span key={index} class="stretch">
                        <input class="time-field" type="time" required value={one.from} aria-label={t('hours.from', { day: nameOf(day) })} onInput={({ currentTarget }) => set(index, { from: currentTarget.value })} />
                        <span aria-hidden="true">–</span>
                        <input class="time-field" type="time" required value={one.to === '24:00' ? '00:00' : one.to} aria-label={t('hours.to', { day: nameOf(day) })} onInput={({ currentTarget }) => set(index, { to: currentTarget.value === '00:00' ? '24:00' : currentTarget.value })} />
                        <IconButton class="tiny" label={t('hours.remove', { day: nameOf(day), from: one.from, to: one.to })} path={icons.cross} onClick={() => setWeek(week.filter((_, other) => other !== index))} />
                      </span>
                    ),
                  )}
                </div>
                <IconButton label={t('hours.add', { day: nameOf(day) })} path={icons.plus} onClick={() => add(day)} />
              </li>
            ))}
          </ul>
          <h2>{t('hours.holidays')}</h2>
          {wrong['holidays'] !== undefined && <p class="inline-error">{wrong['holidays']}</p>}
          <ul class="tags" role="list">
            {holidays.toSorted().map((day) => (
              <li key={day} class="tag">
                {dayFormat.format(new Date(`${day}T00:00:00Z`))}
                <button type="button" aria-label={t('hours.holiday_remove', { day })} onClick={() => setHolidays(holidays.filter((one) => one !== day))}>
                  ×
                </button>
              </li>
            ))}
          </ul>
          <div class="inline-field">
            <TextField label={t('hours.holiday')} type="date" value={holiday} onValue={setHoliday} />
            <Button
              icon={icons.plus}
              disabled={holiday === '' || holidays.includes(holiday)}
              onClick={() => {
                setHolidays([...holidays, holiday]);
                setHoliday('');
              }}
            >
              {t('hours.holiday_add')}
            </Button>
          </div>
        </>
      )}
      <GeneralProblem problem={form.problem} />
      <footer>
        <Button type="submit" look="primary" aria-disabled={form.busy}>
          {t('form.save')}
        </Button>
      </footer>
    </form>
  );
}
