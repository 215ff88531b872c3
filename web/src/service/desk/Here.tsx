import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { App, Select } from 'antd';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { get, put } from '../../api/client';
import { messageOf } from '../../api/problem';
import { useCan } from '../../api/session';

const STATES = ['online', 'busy', 'away'] as const;
type State = (typeof STATES)[number] | 'offline';

interface Presence {
  state: State;
  said: State;
  since?: string | null;
}

const KEY = ['service', 'presence'];
/** How often an open page gives a sign of life. */
const LIFE = 45_000;

/** Whether I am there: routing gives tickets to those who are. */
function usePresenceOfMine() {
  const may = useCan()('work_tickets');
  return useQuery({
    queryKey: KEY,
    queryFn: ({ signal }) => get<Presence>('/presence', undefined, signal),
    enabled: may,
    refetchInterval: 5 * 60_000,
  });
}

/** Signs of life while a page of the desk is open, for those who said that they are there. */
export function useSignOfLife() {
  const queries = useQueryClient();
  const said = usePresenceOfMine().data?.said;
  const there = said === 'online' || said === 'busy';
  useEffect(() => {
    if (!there) return;
    const tell = () =>
      put<Presence>('/presence', {}).then(
        (presence) => queries.setQueryData(KEY, presence),
        () => undefined,
      );
    const timer = setInterval(tell, LIFE);
    return () => clearInterval(timer);
  }, [there, queries]);
}

/** 在岗、忙碌、离开: said by oneself. */
export function Here() {
  const { t } = useTranslation('desk');
  const { message } = App.useApp();
  const queries = useQueryClient();
  const presence = usePresenceOfMine();
  useSignOfLife();
  const say = useMutation({
    mutationFn: (state: State) => put<Presence>('/presence', { state }),
    onSuccess: (now) => {
      queries.setQueryData(KEY, now);
      void message.success(t(`presence.said_${now.said}`));
    },
    onError: (error) => void message.error(messageOf(error)),
  });
  if (!presence.data) return null;
  const { state } = presence.data;
  return (
    <Select<State>
      className={`here ${state}`}
      value={state}
      loading={say.isPending}
      aria-label={t('presence.title')}
      popupMatchSelectWidth={false}
      onChange={(next) => say.mutate(next)}
      options={[
        ...(state === 'offline' ? [{ value: 'offline' as State, label: t('presence.offline'), disabled: true }] : []),
        ...STATES.map((value) => ({ value: value as State, label: t(`presence.${value}`) })),
      ]}
    />
  );
}
