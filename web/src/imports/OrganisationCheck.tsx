import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Alert, AutoComplete, Button, Select } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { get, put } from '../api/client';
import { messageOf } from '../api/problem';
import { type Organisation, useCan, useSession } from '../api/session';
import { currencies, zones } from './zones';

/**
 * Zone and currency can be set until there are activities: daily sums are kept under them. So the first import asks.
 */
export function OrganisationCheck() {
  const { t } = useTranslation('imports');
  const session = useSession();
  const can = useCan();
  const queries = useQueryClient();
  const [open, setOpen] = useState(false);
  const [zone, setZone] = useState(session.organisation.time_zone);
  const [currency, setCurrency] = useState(session.organisation.currency);
  const save = useMutation({
    mutationFn: async () => {
      const now = await get<Organisation & { version: number }>('/organisation');
      return put('/organisation', { ...now, time_zone: zone, currency }, { version: now.version });
    },
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['session'] });
      setOpen(false);
    },
  });
  if (session.setup.orders > 0) return null;
  return (
    <Alert
      type="info"
      showIcon
      title={t('organisation.now', { currency: session.organisation.currency, zone: session.organisation.time_zone })}
      description={
        <>
          <span>{t('organisation.note')}</span>
          {open && (
            <div className="reading-options">
              <label>
                {t('organisation.currency')}
                <Select
                  value={currency}
                  onChange={setCurrency}
                  showSearch
                  options={currencies.map((value) => ({ value, label: value }))}
                />
              </label>
              <label>
                {t('organisation.zone')}
                <AutoComplete
                  value={zone}
                  onChange={setZone}
                  style={{ width: 220 }}
                  options={zones.map((value) => ({ value }))}
                />
              </label>
              <Button type="primary" loading={save.isPending} onClick={() => save.mutate()}>
                {t('common:action.save')}
              </Button>
            </div>
          )}
          {save.isError && <p className="bad">{messageOf(save.error)}</p>}
        </>
      }
      action={
        can('manage_organisation') &&
        !open && (
          <Button size="small" onClick={() => setOpen(true)}>
            {t('organisation.change')}
          </Button>
        )
      }
    />
  );
}
