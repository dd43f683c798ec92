// Who answers: how many requests at a time, and what they answer best.
import { useState } from 'preact/hooks';
import type { Role, StaffMember } from '@guichet/sdk';
import { Avatar, Badge, Button, locales } from '@guichet/ui';
import { useCategories, useCategoryName } from '../details/categories.ts';
import { useDesk } from '../desk.ts';
import { Several } from '../inbox/filter-dialog.tsx';
import { Dialog } from '../shell/dialog.tsx';
import { Check, GeneralProblem, SelectField, TextField, useSubmission } from '../shell/form.tsx';
import { toast } from '../shell/toasts.tsx';
import { useText } from '../texts.ts';
import { Item, Loaded, useEditing, useFetched } from './page.tsx';

const roles: readonly Role[] = ['agent', 'supervisor', 'admin'];
const languageNames: Readonly<Record<string, string>> = { fr: 'Français', en: 'English' };

export function TeamPage() {
  const { t, locale } = useText();
  const { staff } = useDesk();
  const people = useFetched(() => staff.list());
  const editing = useEditing<StaffMember>();
  const categoryName = useCategoryName();
  const skillsOf = ({ skills }: StaffMember) => [...(skills?.categories ?? []).map(categoryName), ...(skills?.languages ?? []).map((word) => languageNames[word] ?? word)];
  return (
    <Loaded from={people}>
      {(members) => (
        <>
          <ul class="items" role="list">
            {members
              .toSorted((a, b) => nameOf(a).localeCompare(nameOf(b), locale))
              .map((member) => (
                <Item
                  key={member.id}
                  title={nameOf(member)}
                  off={!member.active}
                  badge={<Badge>{t(member.active ? `role.${member.role}` : 'team.inactive')}</Badge>}
                  detail={
                    <>
                      <span>{member.email}</span>
                      {member.capacity !== undefined && <span>{t('team.capacity_is', { count: member.capacity })}</span>}
                      {skillsOf(member).length > 0 && <span>{skillsOf(member).join(', ')}</span>}
                    </>
                  }
                  onEdit={() => editing.edit(member)}
                />
              ))}
          </ul>
          {editing.edited !== null && editing.edited !== 'new' && (
            <MemberDialog
              member={editing.edited}
              onClose={editing.close}
              onSaved={(member) => people.set(members.map((one) => (one.id === member.id ? member : one)))}
            />
          )}
        </>
      )}
    </Loaded>
  );
}

interface MemberDialogProps {
  readonly member: StaffMember;
  readonly onClose: () => void;
  readonly onSaved: (member: StaffMember) => void;
}

function MemberDialog({ member, onClose, onSaved }: MemberDialogProps) {
  const { t } = useText();
  const { staff } = useDesk();
  const categories = useCategories();
  const categoryName = useCategoryName();
  const form = useSubmission(['role', 'active', 'capacity', 'skills']);
  const [role, setRole] = useState<Role>(member.role);
  const [active, setActive] = useState(member.active);
  const [capacity, setCapacity] = useState(String(member.capacity ?? 10));
  const [skilled, setSkilled] = useState<readonly string[]>(member.skills?.categories ?? []);
  const [spoken, setSpoken] = useState<readonly string[]>(member.skills?.languages ?? []);
  const save = () =>
    form.submit(async () => {
      onSaved(await staff.change(member.id, { role, active, capacity: Number(capacity), skills: { categories: [...skilled], languages: locales.filter((one) => spoken.includes(one)) } }));
      onClose();
      toast({ text: t('settings.saved') });
    });
  const wrong = form.problem.fields;
  return (
    <Dialog title={nameOf(member)} onClose={onClose} wide>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <p class="person-line">
          <Avatar id={member.id} name={nameOf(member)} size="small" /> <span class="meta">{member.email}</span>
        </p>
        <div class="columns">
          <SelectField label={t('team.role')} value={role} onValue={(word) => setRole(word as Role)} options={roles.map((one) => ({ value: one, text: t(`role.${one}`) }))} error={wrong['role']} />
          <TextField label={t('team.capacity')} type="number" min={0} max={1000} required value={capacity} onValue={setCapacity} error={wrong['capacity']} hint={t('team.capacity_hint')} />
        </div>
        <Several legend={t('team.categories')} values={[...new Set([...categories.map(({ id }) => id), ...skilled])]} chosen={skilled} word={categoryName} onChosen={setSkilled} />
        <Several legend={t('team.languages')} values={locales} chosen={locales.filter((one) => spoken.includes(one))} word={(one) => languageNames[one] ?? one} onChosen={setSpoken} />
        {wrong['skills'] !== undefined && <p class="inline-error">{wrong['skills']}</p>}
        <Check checked={active} onCheck={setActive} hint={t('team.active_hint')}>
          {t('team.active')}
        </Check>
        {wrong['active'] !== undefined && <p class="inline-error">{wrong['active']}</p>}
        <GeneralProblem problem={form.problem} />
        <footer>
          <Button onClick={onClose}>{t('dialog.cancel')}</Button>
          <Button type="submit" look="primary" aria-disabled={form.busy}>
            {t('form.save')}
          </Button>
        </footer>
      </form>
    </Dialog>
  );
}

function nameOf({ first_name, last_name, email }: StaffMember): string {
  return `${first_name} ${last_name}`.trim() || email;
}
