// What holds for the whole organisation.
import { useId, useState } from 'preact/hooks';
import type { Language, OrganizationChange, OrganizationSettings } from '@guichet/sdk';
import { Button } from '@guichet/ui';
import { useDesk } from '../desk.ts';
import { Check, GeneralProblem, SelectField, TextField, useSubmission } from '../shell/form.tsx';
import { toast } from '../shell/toasts.tsx';
import { useText } from '../texts.ts';
import { Loaded } from './page.tsx';

const fields = ['name', 'ticket_prefix', 'language', 'time_zone', 'allowed_origins', 'auto_assign', 'escalation_hours', 'auto_close_days', 'archive_days', 'retention_years', 'surveys'];

export function OrganizationPage() {
  const { organization } = useDesk();
  return <Loaded from={organization}>{(settings) => <OrganizationForm settings={settings} />}</Loaded>;
}

function OrganizationForm({ settings }: { readonly settings: OrganizationSettings }) {
  const { t } = useText();
  const desk = useDesk();
  const form = useSubmission(fields);
  const zones = useId();
  const [name, setName] = useState(settings.name);
  const [prefix, setPrefix] = useState(settings.ticket_prefix);
  const [language, setLanguage] = useState<Language>(settings.language);
  const [zone, setZone] = useState(settings.time_zone);
  const [origins, setOrigins] = useState(settings.allowed_origins.join('\n'));
  const [autoAssign, setAutoAssign] = useState(settings.auto_assign);
  const [surveys, setSurveys] = useState(settings.surveys);
  const [spans, setSpans] = useState({
    escalation_hours: settings.escalation_hours,
    auto_close_days: settings.auto_close_days,
    archive_days: settings.archive_days,
    retention_years: settings.retention_years,
  });
  const wrong = form.problem.fields;
  const save = () =>
    form.submit(async () => {
      const change: OrganizationChange = {
        name: name.trim(),
        ticket_prefix: prefix.trim(),
        language,
        time_zone: zone.trim(),
        allowed_origins: origins.split(/\s+/).filter((origin) => origin !== ''),
        auto_assign: autoAssign,
        surveys,
        ...spans,
      };
      desk.organization.set(await desk.settings.changeOrganization(change));
      toast({ text: t('settings.saved') });
    });
  return (
    <form
      class="stack card-form"
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <h2>{t('organization.identity')}</h2>
      <div class="columns">
        <TextField label={t('field.name')} value={name} onValue={setName} required maxLength={100} error={wrong['name']} />
        <TextField label={t('organization.prefix')} value={prefix} onValue={setPrefix} required maxLength={12} error={wrong['ticket_prefix']} hint={t('organization.prefix_hint', { number: `${prefix || 'TICKET'}-20260115-001` })} />
        <SelectField
          label={t('account.language')}
          value={language}
          onValue={(word) => setLanguage(word as Language)}
          options={[
            { value: 'fr', text: 'Français' },
            { value: 'en', text: 'English' },
          ]}
          error={wrong['language']}
        />
        <TextField label={t('organization.zone')} value={zone} onValue={setZone} required list={zones} error={wrong['time_zone']} />
      </div>
      <datalist id={zones}>
        {Intl.supportedValuesOf('timeZone').map((one) => (
          <option key={one} value={one} />
        ))}
      </datalist>
      <h2>{t('organization.widget')}</h2>
      <TextField label={t('organization.origins')} rows={3} value={origins} onValue={setOrigins} error={wrong['allowed_origins']} hint={t('organization.origins_hint')} placeholder="https://www.exemple.fr" />
      <p class="snippet">
        <span class="meta">{t('organization.snippet')}</span>
        <code tabIndex={0}>{`<script src="${location.origin}/widget.js" data-organization="${settings.widget_key}" async></script>`}</code>
      </p>
      <h2>{t('organization.automatic')}</h2>
      <Check checked={autoAssign} onCheck={setAutoAssign} hint={t('organization.auto_assign_hint')}>
        {t('organization.auto_assign')}
      </Check>
      <Check checked={surveys} onCheck={setSurveys} hint={t('organization.surveys_hint')}>
        {t('organization.surveys')}
      </Check>
      {(['escalation_hours', 'auto_close_days', 'archive_days', 'retention_years'] as const).map((span) => (
        <Span key={span} name={span} value={spans[span]} onValue={(value) => setSpans({ ...spans, [span]: value })} error={wrong[span]} />
      ))}
      <GeneralProblem problem={form.problem} />
      <footer>
        <Button type="submit" look="primary" aria-disabled={form.busy}>
          {t('form.save')}
        </Button>
      </footer>
    </form>
  );
}

const usual = { escalation_hours: 2, auto_close_days: 7, archive_days: 90, retention_years: 3 } as const;

interface SpanProps {
  readonly name: keyof typeof usual;
  readonly value: number | null;
  readonly onValue: (value: number | null) => void;
  readonly error: string | undefined;
}

/** A span of time that can be switched off. */
function Span({ name, value, onValue, error }: SpanProps) {
  const { t } = useText();
  return (
    <div class="span">
      <Check checked={value !== null} onCheck={(on) => onValue(on ? usual[name] : null)}>
        {t(`organization.${name}`)}
      </Check>
      {value !== null && (
        <TextField
          label={t(`organization.${name}_unit`)}
          type="number"
          min={1}
          value={Number.isNaN(value) ? '' : String(value)}
          required
          onValue={(word) => onValue(word === '' ? Number.NaN : Number(word))}
          error={error}
        />
      )}
    </div>
  );
}
