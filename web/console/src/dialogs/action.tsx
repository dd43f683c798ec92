// A change of state with everything that may go with it, in one call: why, a note, who goes on, who is told.
import { useEffect, useState } from 'preact/hooks';
import { ApiError, type Action, type ActionName, type SupportRequest } from '@guichet/sdk';
import { Button } from '@guichet/ui';
import { useCommands } from '../conversation/actions.ts';
import { useDesk, type Me } from '../desk.ts';
import { Dialog } from '../shell/dialog.tsx';
import { Check, SelectField, TextField } from '../shell/form.tsx';
import { useText } from '../texts.ts';

export interface ActionDialogProps {
  readonly name: ActionName;
  readonly request: SupportRequest;
  readonly onClose: () => void;
}

/** In a list of people: nobody new, and nobody at all. */
const same = '';
const nobody = 'none';

export function ActionDialog({ name, request, onClose }: ActionDialogProps) {
  const { t } = useText();
  const commands = useCommands();
  const agents = useAgents();
  const [resolution, setResolution] = useState(request.resolution ?? '');
  const [reason, setReason] = useState('');
  const [note, setNote] = useState('');
  const [agent, setAgent] = useState(same);
  const [told, setTold] = useState(true);
  const [busy, setBusy] = useState(false);
  const [missing, setMissing] = useState(false);

  const submit = async () => {
    if (busy) return;
    if (name === 'escalate' && reason.trim() === '') return setMissing(true);
    const action: Action = {
      ...words('resolution', name === 'resolve' ? resolution : ''),
      ...words('reason', reason),
      ...words('note', note),
      ...(agent === same ? {} : { agent_id: agent === nobody ? null : agent }),
      notify_customer: told,
    };
    if (name === 'assign') action.agent_id = agent === nobody ? null : agent === same ? (request.assignee?.id ?? null) : agent;
    setBusy(true);
    const done = await commands.act(request, name, action);
    setBusy(false);
    if (done) onClose();
  };

  const people = agents.map(({ id, name: called }) => ({ value: id, text: called }));
  const stays = { value: same, text: request.assignee === null ? t('details.nobody') : t('dialog.stays_with', { agent: request.assignee.name }) };
  return (
    <Dialog title={t(`dialog.title.${name}`)} onClose={onClose}>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <p class="meta number">{`${request.number} · ${request.subject}`}</p>
        {name === 'close' && <p>{t('close.what_follows', { number: request.number })}</p>}
        {name === 'escalate' && <p>{t('dialog.escalate_what_follows')}</p>}
        {name === 'resolve' && (
          <TextField label={t('dialog.resolution')} optional hint={t('dialog.customer_sees')} rows={3} maxLength={10_000} value={resolution} onValue={setResolution} autofocus />
        )}
        {name === 'assign' ? (
          <SelectField label={t('dialog.agent')} value={agent} onValue={setAgent} options={[stays, ...people, { value: nobody, text: t('details.nobody') }]} />
        ) : (
          <SelectField
            label={t(name === 'escalate' ? 'dialog.escalate_to' : 'dialog.hand_over')}
            optional
            value={agent}
            onValue={setAgent}
            options={[name === 'escalate' ? { value: same, text: t('dialog.supervisors') } : stays, ...people]}
          />
        )}
        <TextField
          label={t('dialog.reason')}
          optional={name !== 'escalate'}
          hint={t('dialog.customer_sees')}
          error={missing && reason.trim() === '' ? t('dialog.reason_missing') : undefined}
          rows={2}
          value={reason}
          onValue={setReason}
          autofocus={name !== 'resolve'}
        />
        <TextField label={t('dialog.note')} optional hint={t('dialog.staff_sees')} rows={2} value={note} onValue={setNote} />
        <Check checked={told} onCheck={setTold}>
          {t('dialog.notify_customer')}
        </Check>
        <footer>
          <Button onClick={onClose}>{t('dialog.cancel')}</Button>
          <Button type="submit" look={name === 'close' ? 'danger' : 'primary'} aria-disabled={busy}>
            {t(`dialog.do.${name}`)}
          </Button>
        </footer>
      </form>
    </Dialog>
  );
}

/** Those a request can be handed to; nobody while they are asked for, or where that failed. */
export function useAgents(): readonly Me[] {
  const desk = useDesk();
  const [agents, setAgents] = useState<readonly Me[]>([]);
  useEffect(() => {
    let current = true;
    desk.agents().then(
      (list) => current && setAgents(list),
      (error: unknown) => {
        if (!(error instanceof ApiError)) throw error;
      },
    );
    return () => {
      current = false;
    };
  }, [desk]);
  return agents;
}

function words(name: 'resolution' | 'reason' | 'note', text: string): Partial<Action> {
  const trimmed = text.trim();
  return trimmed === '' ? {} : { [name]: trimmed };
}
