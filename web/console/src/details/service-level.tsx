// What was promised, what was kept, and what is left.
import type { SupportRequest } from '@guichet/sdk';
import { Icon, icons, stamp } from '@guichet/ui';
import { firstResponseDue, resolutionDue, type Due } from './due.ts';
import { useText } from '../texts.ts';

export interface ServiceLevelProps {
  readonly request: SupportRequest;
  readonly now: number;
}

export function ServiceLevel({ request, now }: ServiceLevelProps) {
  const { t, time } = useText();
  const { sla } = request;
  if (sla.first_response_due_at === null && sla.resolution_due_at === null) return null;
  const resolution = resolutionDue(request, now);
  return (
    <section class="sla">
      <h2 class="section">{t('details.delays')}</h2>
      <Commitment
        name={t('due.first_response')}
        request={request}
        due={firstResponseDue(request, now)}
        keptAt={request.first_response_at}
        breached={sla.first_response_breached}
        now={now}
      />
      <Commitment
        name={t('due.resolution')}
        request={request}
        due={resolution}
        keptAt={request.resolved_at}
        breached={sla.resolution_breached}
        paused={request.status === 'waiting_customer'}
        now={now}
      />
      {resolution !== null && (
        <>
          <div class="meter" data-state={resolution.state} aria-hidden="true">
            <i style={{ inlineSize: `${elapsed(resolution, now)}%` }} />
          </div>
          <p class="meta">{t('due.before', { when: stamp(time, resolution.at, now) })}</p>
        </>
      )}
    </section>
  );
}

interface CommitmentProps {
  readonly name: string;
  readonly request: SupportRequest;
  readonly due: Due | null;
  readonly keptAt: string | null;
  readonly breached: boolean;
  readonly paused?: boolean;
  readonly now: number;
}

function Commitment({ name, request, due, keptAt, breached, paused = false, now }: CommitmentProps) {
  const { t, time } = useText();
  if (keptAt !== null) {
    const duration = time.duration(Date.parse(keptAt) - Date.parse(request.created_at));
    return (
      <p class={breached ? 'late' : undefined}>
        <Icon path={breached ? icons.alert : icons.check} size="small" /> {name} <span>{t('due.kept', { duration })}</span>
      </p>
    );
  }
  if (due !== null) {
    const duration = time.duration(Math.abs(due.at - now));
    return (
      <p class={due.state}>
        <Icon path={due.state === 'late' ? icons.alert : icons.clock} size="small" /> {name}{' '}
        <span class="number">{due.state === 'late' ? t('due.late', { duration }) : t('due.left', { duration })}</span>
      </p>
    );
  }
  if (!paused) return null;
  return (
    <p class="paused">
      <Icon path={icons.pause} size="small" /> {name} <span>{t('due.paused')}</span>
    </p>
  );
}

function elapsed(due: Due, now: number): number {
  const whole = due.at - due.from;
  return whole <= 0 ? 100 : Math.round(Math.min(1, Math.max(0, (now - due.from) / whole)) * 100);
}
